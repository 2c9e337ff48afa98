/**
 * Goal: leaving out schedules loses no violation, and no outcome at all. Method: explored with and without,
 * and compared by what the buyers were answered, in which order their calls can have been, and the verdict. Some
 * strategies and scenarios are compared whole; for each of all of them, schedules drawn at random have no other
 * outcome than those of the search.
 */
import { describe, expect, test } from 'vitest'
import { afterStatement, FRESH_SESSION } from '../../harness/engines/postgres/statements.ts'
import { touching } from '../../harness/engines/redis/touch.ts'
import { plain } from '../../harness/engines/wording.ts'
import type { Judged } from '../../harness/explore/batch.ts'
import { explore } from '../../harness/explore/explore.ts'
import { areIndependent, type Footprint } from '../../harness/explore/footprint.ts'
import { CALLERS_MAX } from '../../harness/explore/run.ts'
import { inapplicable, type Scenario, scenarios, twinsOf } from '../../harness/explore/scenario.ts'
import type { Pruning } from '../../harness/explore/search.ts'
import { counterRows, unitRows } from '../../strategies/ledgers/registry.ts'
import { on, registry, type StrategyEntry } from '../../strategies/registry.ts'
import { FULL, sampled } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { randomSchedules } from './random-schedules.ts'

const opened = await withEngines(['postgres', 'redis', 'tigerbeetle'], process.env, { redis: 3 })

/** Without pruning some come to a few hundred. */
const SCHEDULES_MAX = 5_000
const PATIENCE_MS = 300_000

const ofRegistry = (name: string): StrategyEntry =>
  registry.find((entry) => entry.name === name) ?? expect.fail(`there is no ${name}`)
const mutants = {
  'optimistic-without-version': () => import('../mutants/optimistic-without-version.ts'),
  'advisory-lock-at-repeatable-read': () => import('../mutants/advisory-lock-at-repeatable-read.ts'),
  'pick-without-guard': () => import('../mutants/pick-without-guard.ts'),
  'advisory-lock-of-the-session': () => import('../mutants/advisory-lock-of-the-session.ts'),
  'autocommit-per-line': () => import('../mutants/autocommit-per-line.ts'),
} as const
const mutant = (name: keyof typeof mutants): StrategyEntry =>
  on(['postgres'], name === 'pick-without-guard' ? unitRows : counterRows, name, 'a mutant', mutants[name])

/** Schedules of each strategy in each scenario whose steps are drawn at random. */
const BY_CHANCE = 60

/** Of those, the share that the gate runs. */
const ONE_OF = 8

/** Of the slice, so many from the first on. */
const IN_SLICE = 1

const compared: readonly [entry: StrategyEntry, scenario: string][] = [
  [ofRegistry('postgres-naive'), 'hold'],
  [ofRegistry('redis-seat-key'), 'expiry'],
  [mutant('optimistic-without-version'), 'hold'],
  [ofRegistry('redis-setnx'), 'hold'],
  [ofRegistry('postgres-naive'), 'same-id'],
  [ofRegistry('postgres-select-for-update'), 'hold'],
  [ofRegistry('postgres-select-for-update'), 'confirm-release'],
  [ofRegistry('postgres-optimistic-version'), 'hold'],
  [ofRegistry('postgres-nowait'), 'hold'],
  [ofRegistry('postgres-serializable'), 'hold'],
  [ofRegistry('postgres-skip-locked'), 'hold'],
  [ofRegistry('postgres-conditional-update'), 'expiry'],
  [ofRegistry('postgres-conditional-update'), 'death'],
  [ofRegistry('redis-seat-key'), 'death'],
  [ofRegistry('redis-setnx'), 'death'],
  [ofRegistry('postgres-nowait'), 'death'],
  [ofRegistry('redis-lua'), 'forgetting'],
  [ofRegistry('postgres-optimistic-version'), 'two-seats'],
  [ofRegistry('redis-seat-key'), 'confirm-release'],
  [mutant('advisory-lock-at-repeatable-read'), 'hold'],
  [mutant('pick-without-guard'), 'hold'],
  [mutant('autocommit-per-line'), 'one-of-two'],
  [mutant('advisory-lock-of-the-session'), 'hold'],
]

/**
 * What a schedule came to: every call with its answer, which calls had ended before which began, and what was
 * wrong.
 */
function outcomeOf({ run, verdict }: Judged, nameOf: (client: number) => number): string {
  // Callers of one process keep their place in it.
  const named = (process: number): string =>
    process < CALLERS_MAX
      ? `${nameOf(process)}`
      : `${nameOf(Math.floor(process / CALLERS_MAX))}.${process % CALLERS_MAX}`
  const told = run.operations.map((each) => {
    const answer = each.result === 'fail' ? each.why : each.result
    const before = run.operations
      .filter((other) => other.returnedUs < each.invokedUs)
      .map((other) => `${named(other.process)} ${other.op}`)
    return `${named(each.process)} ${each.op}: ${answer}, after [${before.toSorted().join(', ')}]`
  })
  const wrongs = verdict.violations.map(({ rule, kind }) => `${rule} ${kind}`)
  return plain([verdict.verdict, ...told.toSorted(), ...new Set(wrongs.toSorted())].join(' | '))
}

/** Every way in which clients who want the same can change names. */
function namings(scenario: Scenario, clients: number): readonly ((client: number) => number)[] {
  const twins = twinsOf(scenario, clients)
  const kept = new Map(Array.from({ length: clients }, (_, at) => [at + 1, at + 1]))
  const all = [kept]
  for (let client = 2; client <= clients; client++) {
    for (const before of [...all]) {
      for (const twin of twins.get(client) ?? []) {
        const [one = client, other = twin] = [before.get(client), before.get(twin)]
        all.push(new Map(before).set(client, other).set(twin, one))
      }
    }
  }
  return all.map((names) => (client) => names.get(client) ?? client)
}

async function outcomes(entry: StrategyEntry, name: string, clients: number, prunes: Pruning) {
  const scenario = scenarios.find((each) => each.name === name) ?? expect.fail(`there is no ${name}`)
  const names = namings(scenario, clients)
  const seen = new Set<string>()
  const { schedules, outcome, reasons } = await explore(entry, opened.engines, scenario, {
    clients,
    schedulesMax: SCHEDULES_MAX,
    prunes,
    onJudged: (judged) => {
      for (const nameOf of names) seen.add(outcomeOf(judged, nameOf))
    },
  })
  expect(outcome, reasons.join('; ')).not.toBe('unknown')
  expect(schedules).toBeLessThan(SCHEDULES_MAX)
  return { schedules, seen: [...seen].toSorted() }
}

describe('with and without pruning', () => {
  for (const [at, [entry, scenario]] of compared.entries()) {
    const size = at < IN_SLICE ? {} : FULL
    const options = { ...size, timeout: PATIENCE_MS, skip: opened.cannotTest(entry) }
    test(`${entry.name} comes to the same in ${scenario}`, options, async () => {
      const pruned = await outcomes(entry, scenario, 2, 'order and names')
      const whole = await outcomes(entry, scenario, 2, 'nothing')
      expect(pruned.seen).toEqual(whole.seen)
      expect(pruned.schedules).toBeLessThanOrEqual(whole.schedules)
    })
  }

  for (const [row, entry] of registry.entries()) {
    for (const [column, scenario] of scenarios.entries()) {
      if (inapplicable(scenario, entry) !== undefined) continue
      const options = {
        ...sampled(row, column, ONE_OF),
        timeout: PATIENCE_MS,
        skip: opened.cannotTest(entry),
      }
      test(`${entry.name} has no other outcome in ${scenario.name} by chance`, options, async () => {
        const pruned = await outcomes(entry, scenario.name, 2, 'order and names')
        const drawn = { clients: 2, count: BY_CHANCE, seed: 1 }
        const judged = await randomSchedules(entry, opened.engines, scenario, drawn)
        expect(judged.length).toBeGreaterThanOrEqual(BY_CHANCE)
        const others = judged.filter((each) => !pruned.seen.includes(outcomeOf(each, (client) => client)))
        expect(others.map((each) => `${each.run.steps.join('')}: ${outcomeOf(each, (at) => at)}`)).toEqual([])
      })
    }
  }

  test('three clients give the same result under any names', { ...FULL, timeout: PATIENCE_MS }, async () => {
    const entry = ofRegistry('postgres-nowait')
    const pruned = await outcomes(entry, 'hold', 3, 'order and names')
    const named = await outcomes(entry, 'hold', 3, 'order')
    expect(pruned.seen).toEqual(named.seen)
    // As many schedules as there are ways to name three.
    expect(pruned.schedules * 4).toBeLessThan(named.schedules)
  })
})

const step = (touches: Footprint['touches'], calls: Partial<Footprint> = {}): Footprint => ({
  touches,
  begins: false,
  ends: false,
  ...calls,
})

describe('independent', () => {
  const read = afterStatement(
    'select id, capacity - taken as free from resource where id = any ($1::text[])',
    FRESH_SESSION,
  )
  const begun = afterStatement('start transaction isolation level read committed', FRESH_SESSION)
  const written = afterStatement(
    'update resource set taken = taken + 1 where id = $1 returning version::float8',
    begun.state,
  )

  test('are two reads, and a read and a write that nobody sees yet', () => {
    expect(areIndependent(step(read.touches), step(read.touches))).toBe(true)
    expect(areIndependent(step(read.touches), step(written.touches))).toBe(true)
  })

  test('are not two writes, nor a read and the commit of what was written', () => {
    const committed = afterStatement('commit', written.state)
    expect(areIndependent(step(written.touches), step(written.touches))).toBe(false)
    expect(areIndependent(step(read.touches), step(committed.touches))).toBe(false)
  })

  test('are not a read that locks and a write, whatever they are called', () => {
    const locking = afterStatement(
      'select id from resource where id = $1 order by id for update',
      begun.state,
    )
    expect(areIndependent(step(locking.touches), step(written.touches))).toBe(false)
    expect(areIndependent(step(locking.touches), step(locking.touches))).toBe(false)
  })

  test('is nothing of a function that is not known, and nothing at the higher levels', () => {
    const called = afterStatement('select my_function(id) from resource', FRESH_SESSION)
    const serial = afterStatement('start transaction isolation level serializable', FRESH_SESSION)
    const serialRead = afterStatement('select id from resource where id = $1', serial.state)
    expect(areIndependent(step(called.touches), step(read.touches))).toBe(false)
    expect(areIndependent(step(serialRead.touches), step(written.touches))).toBe(false)
  })

  test('are not the end of one call and the beginning of another', () => {
    expect(areIndependent(step([], { ends: true }), step([], { begins: true }))).toBe(false)
    expect(areIndependent(step([], { begins: true }), step([], { begins: true }))).toBe(true)
  })

  test('is nothing of what waited, failed, or ended another’s wait', () => {
    expect(areIndependent(step('everything'), step([]))).toBe(false)
  })

  test('are commands on different keys', () => {
    const command = (...keys: string[]) => step([touching(keys)])
    expect(areIndependent(command('lease:a'), command('lease:b'))).toBe(true)
    expect(areIndependent(command('lease:a'), command('lease:a'))).toBe(false)
    expect(areIndependent(command('{venue}'), command('{venue}:seat'))).toBe(false)
  })
})
