/**
 * Goal: a reader's own test file passes for a right strategy, fails for a wrong one with the race and the command that plays it
 * again, and takes nobody's word for what a strategy lacks.
 * Method: strategies of the registry handed in as a reader's own; the tests as data, run here one by one.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { usedBy } from '../../harness/testing/capabilities.ts'
import { type ReservationTestOptions, reservationTests } from '../../harness/testing/reservations.ts'
import type { Stage } from '../../harness/testing/stage.ts'
import type { TestCase, TestEnd } from '../../harness/testing/test-case.ts'
import { describeReservations } from '../../harness/vitest/index.ts'
import { workloads } from '../../harness/workloads/registry.ts'
import { create as conditionalUpdate } from '../../strategies/postgres-conditional-update.ts'
import { create as naive } from '../../strategies/postgres-naive.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { FULL } from '../size.ts'

type Options = ReservationTestOptions<'postgres'>

const POSTGRES = { engines: ['postgres'], ledger: 'counter-rows', seed: 7 } as const
const RERUN = { command: 'npx vitest run ours.test.ts' }

function testNamed(options: Options, name: RegExp, env: NodeJS.ProcessEnv = {}): TestCase {
  const { groups } = reservationTests('our seats', options, env)
  const found = groups.flatMap(({ tests }) => tests).find((each) => name.test(each.name))
  if (found === undefined) throw new Error(`no test is called ${name}`)
  return found
}

// The suite of the contract runs elsewhere in the slice, too.
describe('in a reader’s own file', FULL, () => {
  describeReservations('a right strategy', {
    ...POSTGRES,
    create: conditionalUpdate,
    workloads: ['drain'],
    scenarios: ['hold', 'expiry'],
  })
})

describe('a wrong strategy', () => {
  const options: Options = { ...POSTGRES, create: naive }
  let stage: Stage
  beforeAll(async () => {
    stage = await reservationTests('our seats', options, {}).open()
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  const failureOf = async (test: TestCase): Promise<string> => {
    const ended: TestEnd | Error = await test.run(stage, RERUN).catch((error: Error) => error)
    if (!(ended instanceof Error)) throw new Error(`${test.name} did not fail`)
    return ended.message
  }

  it('fails a workload with the race, and the seed that asks for the same again', async () => {
    const message = await failureOf(testNamed(options, /^drain:/))
    expect(message).toContain('O1 oversell')
    expect(message).toContain('HOLDFAST_SEED=7 npx vitest run ours.test.ts')
  })

  it('fails a scenario with the shortest schedule, which fails again when it is replayed', async () => {
    const message = await failureOf(testNamed(options, /^hold:/))
    const schedule =
      /HOLDFAST_REPLAY='((?:v\d+\/)?our-seats\/hold\/2\/[\d.]+)' npx vitest run ours\.test\.ts/.exec(
        message,
      )?.[1]
    expect(schedule).toBeDefined()
    const env = { HOLDFAST_REPLAY: schedule }
    const replayed = reservationTests('our seats', options, env).groups.flatMap(({ tests }) => tests)
    expect(replayed.map(({ name }) => name)).toEqual([schedule])
    expect(await failureOf(testNamed(options, /./, env))).toMatch(/oversold|2 were taken/)
    expect(reservationTests('others', options, env).groups).toEqual([])
  })
})

describe('what a strategy lacks', () => {
  const lacks = ['several-lines', 'release'] as const
  const without = (strategy: ReservationStrategy): ReservationStrategy => ({
    ...strategy,
    createResources: (resources) => strategy.createResources(resources),
    confirm: (id) => strategy.confirm(id),
    availability: (ids) => strategy.availability(ids),
    expireDue: (limit) => strategy.expireDue(limit),
    close: () => strategy.close(),
    async hold(request) {
      if (request.lines.length > 1) throw new Error('one seat at a time')
      return strategy.hold(request)
    },
    async release() {
      throw new Error('holds expire; nobody gives them back')
    },
  })

  describe('in a reader’s own file', FULL, () => {
    describeReservations('declared, and absent', {
      ...POSTGRES,
      create: (connections, settings) => without(conditionalUpdate(connections, settings)),
      lacks,
      workloads: ['multi-seat'],
      scenarios: ['hold', 'two-seats'],
    })
  })

  it('is a failure where it is there after all', FULL, async () => {
    const options: Options = { ...POSTGRES, create: conditionalUpdate, lacks: ['release', 'several-lines'] }
    await using stage = await reservationTests('ours', options, {}).open()
    for (const name of [/^a release is refused/, /^a hold of two resources is refused/]) {
      await expect(testNamed(options, name).run(stage, RERUN)).rejects.toThrow(/declared as lacking/)
    }
  })

  it('is not asked of it, and its cases are skipped, not passed', FULL, async () => {
    const options: Options = {
      ...POSTGRES,
      create: (connections, settings) => without(conditionalUpdate(connections, settings)),
      lacks,
    }
    await using stage = await reservationTests('ours', options, {}).open()
    const end = await testNamed(options, /^two-seats:/).run(stage, RERUN)
    expect(end).toEqual({ skipped: 'it declares that it lacks several-lines' })
  })

  it('is known of every workload', () => {
    const needs = Object.fromEntries(workloads.map((each) => [each.name, usedBy(each)]))
    expect(needs['multi-seat']).toContain('several-lines')
    expect(needs['sell-out']).toContain('quantities')
    expect(needs['hot-seat']).not.toContain('several-lines')
  })
})

describe('an option that is wrong is told in one sentence, before anything is opened', () => {
  it.for([
    [{ create: undefined }, 'create is a function, not undefined'],
    [{ engines: ['mysql'] }, 'no engine is called "mysql": there are postgres, redis, tigerbeetle'],
    [{ lacks: ['refunds'] }, 'nothing called "refunds"'],
    [{ workloads: ['rush'] }, 'no workload is called "rush"'],
    [{ scenarios: ['rush'] }, 'no scenario is called "rush"'],
    [{ clients: 9 }, 'clients is a whole number from 2 to 4, not 9'],
    [{ seed: 0.5 }, 'seed is a whole number below 4294967296, not 0.5'],
    [{ worklaods: false }, 'no option is called "worklaods"'],
  ] as const)('%o: %s', ([wrong, why]) => {
    const options = { ...POSTGRES, create: conditionalUpdate, ...wrong } as unknown as Options
    expect(() => reservationTests('ours', options, {})).toThrow(why)
  })

  it('as is a seed of the environment', () => {
    const options: Options = { engines: ['postgres'], create: conditionalUpdate }
    expect(() => reservationTests('ours', options, { HOLDFAST_SEED: 'x' })).toThrow(
      'HOLDFAST_SEED is a whole',
    )
  })
})

it('adds the tests of absence to those of the contract, and leaves none away', () => {
  const { groups } = reservationTests('ours', { create: () => Promise.reject(new Error('not called')) }, {})
  const titles = groups.map(({ title }) => title)
  expect(titles).toContain('lifecycle')
  expect(titles).toContain('workloads')
  // It has no engine, and so no statements to put in order.
  expect(titles.some((title) => title.startsWith('every interleaving'))).toBe(false)
  expect(titles).not.toContain('what it lacks')
})
