/**
 * Goal: a load of a strategy that lies is never valid, and holds that overlap convict, by time; a right one is valid, with a ledger
 * and without. Method: the real k6 and the real service, over strategies that live in this process.
 * @module-tag full
 */
import { describe, expect, test } from 'vitest'
import { entryFor, type OwnWitness } from '../../harness/entries/entry.ts'
import { reasonOf } from '../../harness/errors.ts'
import { locateK6 } from '../../harness/load/k6-program.ts'
import { loadOne } from '../../harness/load/load-one.ts'
import { PROFILES, plannedLoad } from '../../harness/load/profiles.ts'
import type { Promises, ReservationStrategy, ResourceId } from '../../strategies/strategy.ts'
import { inMemory } from '../workloads/in-memory.ts'
import { honest, TAMPERED } from './tampered.ts'

const DEADLINE_MS = 90_000
const k6 = await locateK6({ env: process.env, log: () => undefined, mayFetch: false }).catch(
  (error: unknown) => {
    console.log(`k6: NOT PROVEN: ${reasonOf(error)}. To fix it: npm run load -- --strategy postgres-naive`)
    return undefined
  },
)

async function verdictOn(
  strategy: ReservationStrategy,
  { promises = {}, witness }: { promises?: Partial<Promises>; witness?: OwnWitness } = {},
) {
  const smoke = PROFILES.find(({ name }) => name === 'smoke') ?? expect.fail('there is no smoke')
  const ended = await loadOne({
    entry: entryFor({ name: 'in-memory', promises, ...(witness && { witness }), create: () => strategy }),
    engines: {},
    k6: k6 ?? expect.fail('there is no k6'),
    planned: plannedLoad(smoke, { seconds: 1, ratePerSecond: 30 }),
    workers: 1,
    generators: 1,
    poolSize: 1,
    criticalSectionMs: 0,
    mapAgeMsMax: 500,
    signal: new AbortController().signal,
  })
  if (ended.kind === 'failed') return expect.fail(ended.why)
  return ended.trials[0] ?? expect.fail('there is no trial')
}

/** One at a time gets a seat, but of those who ask together; who asks later gets it as well. */
function forgetful(): ReservationStrategy {
  const inner = inMemory()
  const lately = new Map<ResourceId, number>()
  return {
    ...inner,
    async hold(request) {
      const seat = request.lines[0]?.resourceId ?? expect.fail()
      const nowMs = performance.now()
      const isTogether = nowMs - (lately.get(seat) ?? Number.NEGATIVE_INFINITY) < TOGETHER_MS
      const outcome = await inner.hold(request)
      if (outcome.kind === 'held') lately.set(seat, nowMs)
      if (outcome.kind !== 'sold-out' || isTogether) return outcome
      return { kind: 'held', deadlineMs: Date.now() + request.ttlMs, attempts: 1 }
    },
  }
}
const TOGETHER_MS = 50

describe.skipIf(k6 === undefined)('a load', { timeout: DEADLINE_MS }, () => {
  test('of a right strategy is valid, and says that its store was not read', async () => {
    const trial = await verdictOn(inMemory())
    expect(trial, `${trial.conviction} ${trial.verdictReasons.join()}`).toMatchObject({ verdict: 'valid' })
    expect(trial.storeNotRead).toContain('names no ledger')
  })

  test('convicts by time who sells a sold seat to a later buyer', async () => {
    const trial = await verdictOn(forgetful())
    expect(trial).toMatchObject({ verdict: 'invalid', asPromised: false })
    expect(trial.violations.map(({ rule }) => rule)).toContain('O1')
  })

  test('of a strategy that oversells, and was not seen to, is unknown', async () => {
    const trial = await verdictOn(inMemory(), { promises: { safe: 'never' } })
    expect(trial).toMatchObject({ verdict: 'unknown', asPromised: false })
    expect(trial.verdictReasons).toContainEqual(expect.stringContaining('it proves nothing'))
  })

  test('of a right strategy whose store is read is valid', async () => {
    const { strategy, witness } = honest()
    const trial = await verdictOn(strategy, { witness })
    expect(trial, `${trial.conviction} ${trial.verdictReasons.join()}`).toMatchObject({ verdict: 'valid' })
    expect(trial.storeNotRead).toBeUndefined()
  })

  /** Those of a service alone are no strategy's. */
  const lies = TAMPERED.filter(
    ({ tamper, venue }) => venue === undefined && tamper(honest()).store === undefined,
  )
  test.for(lies)('is not valid where the strategy $lie', async ({ tamper }) => {
    const it = honest()
    const trial = await verdictOn({ ...it.strategy, ...tamper(it).strategy }, { witness: it.witness })
    expect(trial.verdict, `${trial.verdictReasons.join()}`).not.toBe('valid')
  })
})
