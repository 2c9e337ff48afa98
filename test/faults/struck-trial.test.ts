/**
 * Goal: a fault in a trial of any workload is told: whether it struck, when it was healed, and what it makes of the verdict; one
 * that did not strike proves nothing. Method: a strategy in the memory of this process, faults that the test makes up, and the
 * command.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { engineKinds } from '../../harness/engines/registry.ts'
import { entryFor } from '../../harness/entries/entry.ts'
import { type FaultKind, SAFE } from '../../harness/faults/fault.ts'
import { faultNamed } from '../../harness/faults/fault-named.ts'
import { faultKinds } from '../../harness/faults/registry.ts'
import { saleOf } from '../../harness/faults/sale.ts'
import {
  faultPlanOf,
  NEEDING_THE_SALE,
  runStruckTrial,
  whyNotInTrials,
  whyNotStrikable,
} from '../../harness/faults/struck-trial.ts'
import { toldFault } from '../../harness/report/trial-faults.ts'
import { registry } from '../../strategies/registry.ts'
import { holdfast } from '../cli/holdfast.ts'
import { memory } from '../engines/memory/engine.ts'
import { FULL } from '../size.ts'
import { inMemory } from '../workloads/in-memory.ts'

let store = inMemory()

const entry = entryFor({
  name: 'in-memory',
  engines: ['memory'],
  promises: { clock: 'memory', contention: 'never' },
  create() {
    store = inMemory()
    return {
      createResources: (resources) => store.createResources(resources),
      hold: (request) => store.hold(request),
      confirm: (id) => store.confirm(id),
      release: (id) => store.release(id),
      availability: (ids) => store.availability(ids),
      expireDue: (limit) => store.expireDue(limit),
      close: () => store.close(),
    }
  },
})

/** A trial whose buyers go on until the fault is over. */
async function struck(strike: FaultKind['strike'], prediction = SAFE) {
  const sale = saleOf()
  const fault: FaultKind = {
    name: 'made-up',
    title: 'made up',
    does: 'What the test says.',
    strikesIf: 'what the test says',
    needs: { durability: 'relaxed' },
    isLucky: false,
    appliesTo: () => undefined,
    predict: () => prediction,
    strike: (stage) => strike(stage).finally(() => sale.close()),
  }
  const plan =
    faultPlanOf(fault, [entry], [memory]).struck.get(entry.name) ?? expect.fail('it does not apply')
  const engines = { memory: await memory.open({ durability: 'relaxed', env: {}, sweeps: false, log() {} }) }
  const settings = {
    workload: sale.workload,
    concurrency: 12,
    durationMs: 0,
    warmupMs: 0,
    repeat: 1,
    seed: 1,
    poolSize: 16,
    criticalSectionMs: 0,
  }
  return (await runStruckTrial(entry, engines, settings, { fault, plan })).trial
}

describe('a trial', () => {
  test('in which nothing was struck proves nothing about the fault', async () => {
    const trial = await struck(async () => undefined)
    expect(trial).toMatchObject({ verdict: 'unknown', asPromised: false, fault: { name: 'made-up' } })
    expect(trial.verdictReasons).toEqual([
      'made-up did not strike, so nothing is proved of it: what the test says was not seen',
    ])
    expect(toldFault(trial)).toBe('made-up did not strike: this trial proves nothing about it')
  })

  test('that was struck says when, and when it was healed', FULL, async () => {
    const trial = await struck(async ({ wait }) => {
      await wait(200)
      return 'nothing of importance'
    })
    expect(trial).toMatchObject({ verdict: 'valid', fault: { struck: 'nothing of importance' } })
    const { struckAtMs = 0, healedAtMs = 0 } = trial.fault ?? {}
    expect(struckAtMs).toBeGreaterThanOrEqual(1_000)
    expect(healedAtMs - struckAtMs).toBeGreaterThanOrEqual(199)
    expect(toldFault(trial)).toMatch(/^made-up struck at .* \(nothing of importance\), healed at /)
  })

  test('that is convicted breaks its promise, unless that was predicted', FULL, async () => {
    const lost: FaultKind['strike'] = async ({ startAgain }) => {
      store = inMemory()
      await startAgain()
      return 'everything lost'
    }
    expect(await struck(lost)).toMatchObject({ verdict: 'invalid', asPromised: false })
    const foreseen = await struck(lost, { outcome: 'oversells', recovers: true })
    expect(foreseen).toMatchObject({
      verdict: 'invalid',
      asPromised: true,
      fault: { predicted: 'oversells' },
    })
  })
})

test('those that need buyers of their own are exactly those that move them', () => {
  const folder = path.resolve(import.meta.dirname, '../../harness/faults')
  const moving = readdirSync(folder).flatMap((file) => {
    const text = readFileSync(path.join(folder, file), 'utf8')
    const [, name] = /^ {2}name: '([\w-]+)',$/m.exec(text) ?? []
    return name !== undefined && /buyers\.(?:impatient|lastMinute)\(/.test(text) ? [name] : []
  })
  expect(moving.toSorted()).toEqual(NEEDING_THE_SALE.toSorted())
  for (const fault of faultKinds)
    expect(whyNotInTrials(fault) !== undefined).toBe(moving.includes(fault.name))
})

test('whom it cannot happen to is said, with the reason', () => {
  const { struck: whom, notFor } = faultPlanOf(faultNamed('minority-lost'), registry, engineKinds)
  expect([...whom.keys()]).toEqual(['redlock', 'redlock-guarded'])
  expect(notFor).toContainEqual({ strategy: 'redis-lua', why: 'it keeps no leases beside its record' })
  expect(notFor).toContainEqual({ strategy: 'postgres-naive', why: 'it oversells without any fault' })
})

test('a server that this run did not start is never struck', async () => {
  const fault = faultNamed('engine-killed')
  const entries = registry.filter(({ name }) => name === 'redis-lua')
  const { subject } =
    faultPlanOf(fault, entries, engineKinds).struck.get('redis-lua') ?? expect.fail('it does not apply')
  const foreign = await memory.open({ durability: 'relaxed', env: {}, sweeps: false, log() {} })
  expect(whyNotStrikable(fault, subject, { redis: foreign })?.why).toMatch(/needs an engine of its own$/)
  // A missing engine is said to be missing, and a fault of the network needs none of its own.
  expect(whyNotStrikable(fault, subject, {})).toBeUndefined()
  expect(whyNotStrikable(faultNamed('connections-cut'), subject, { redis: foreign })).toBeUndefined()
})

test.for<readonly [string, RegExp]>([
  ['--fault client-pause', /no fault is called "client-pause": did you mean client-paused\?/],
  ['--fault retry-storm', /retry-storm needs buyers .* run "holdfast faults retry-storm" instead/],
  [
    '--fault minority-lost --strategies redis-lua',
    /minority-lost does not apply to redis-lua: it keeps no leases/,
  ],
  ['--fault client-paused --duration 1s', /--duration must be at least 3s with --fault/],
  ['--fault client-paused --processes 2', /--fault watches the calls of one process/],
  ['--fault engine-killed --durability relaxed', /engine-killed happens to servers .* --durability durable/],
])('compare %s is refused before anything is started', FULL, async ([typed, said]) => {
  const { code, err } = await holdfast(['compare', ...typed.split(' ')])
  expect(err).toMatch(said)
  expect(err.trim().split('\n')).toHaveLength(1)
  expect(code).toBe(2)
})

test('compare --fault strikes on the real engine, and says so everywhere', {
  ...FULL,
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'holdfast-fault-'))
  try {
    const fault = ['--fault', 'connections-cut', '--strategies', 'postgres-conditional-update']
    const short = ['--workload', 'hot-seat', '--duration', '3s']
    const { code, out } = await holdfast(['compare', ...fault, ...short, '--json', '--out', folder])
    const results: unknown = JSON.parse(out)
    const struck = { name: 'connections-cut', struck: expect.stringMatching(/^cut 6 times/) }
    expect(results).toMatchObject({
      settings: { fault: { name: 'connections-cut', notFor: [] } },
      trials: [{ verdict: 'valid', fault: struck }],
    })
    expect(code).toBe(0)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
