/**
 * Goal: a load convicts the control, whatever the profile, and finds nothing on a strategy of each family. Method: the real k6, the
 * real service, the real engines. Where no k6 is found, that is said: none is built here, which takes minutes.
 */
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { strategyNamed } from '../../harness/entries/strategy-named.ts'
import { reasonOf } from '../../harness/errors.ts'
import { type K6Program, locateK6 } from '../../harness/load/k6-program.ts'
import { loadOne } from '../../harness/load/load-one.ts'
import { PROFILES, plannedLoad } from '../../harness/load/profiles.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { FULL } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const opened = await withEngines(['postgres', 'redis', 'tigerbeetle'])
const k6 = await locateK6({ env: process.env, log: () => undefined, mayFetch: false }).catch(
  (error: unknown) => {
    console.log(`k6: NOT PROVEN: ${reasonOf(error)}. To fix it: npm run load -- --strategy postgres-naive`)
    return undefined
  },
)
const DEADLINE_MS = 120_000
/** Few: what a spike is like is the same. */
const SPIKE_BUYERS = 60

interface LoadedOptions {
  readonly profile?: string
  readonly workers?: number
  readonly generators?: number
  readonly vus?: number
}

async function loadedEntry(
  program: K6Program,
  entry: StrategyEntry,
  { profile = 'smoke', workers = 1, generators = 1, vus }: LoadedOptions = {},
) {
  const facts = PROFILES.find(({ name }) => name === profile) ?? expect.fail(`there is no ${profile}`)
  const rate = facts.isClosedLoop || facts.isSpike || facts.ratesPerSecond ? {} : { ratePerSecond: 30 }
  const ended = await loadOne({
    entry,
    engines: opened.engines,
    k6: program,
    planned: plannedLoad(facts, { seconds: facts.isSpike ? facts.seconds : 2, ...rate, ...(vus && { vus }) }),
    workers,
    generators,
    poolSize: 8,
    criticalSectionMs: 0,
    mapAgeMsMax: 500,
    signal: new AbortController().signal,
  })
  if (ended.kind === 'failed') return expect.fail(ended.why)
  return ended.trials[0] ?? expect.fail('there is no trial')
}

function loaded(program: K6Program, name: string, options: LoadedOptions = {}) {
  const entry = registry.find((each) => each.name === name) ?? expect.fail(`there is no ${name}`)
  return loadedEntry(program, entry, options)
}

describe.skipIf(k6 === undefined)('k6', { timeout: DEADLINE_MS }, () => {
  const program = () => k6 ?? expect.fail('there is no k6')

  test('convicts the control by itself', async () => {
    const trial = await loaded(program(), 'postgres-naive')
    expect(trial, trial.conviction).toMatchObject({ verdict: 'invalid', asPromised: true })
    expect(trial.oversoldUnits).toBeGreaterThan(0)
  })

  test.for(['hot-seat', 'steady', 'sell-out', 'viewers', 'maximum'])(
    'convicts the control under %s',
    FULL,
    async (profile) => {
      const trial = await loaded(program(), 'postgres-naive', { profile })
      expect(trial, trial.conviction).toMatchObject({ verdict: 'invalid', asPromised: true })
      expect(trial.violations.map(({ rule }) => rule)).toContain('O1')
    },
  )

  test('says of a spike when the last one knows, and convicts the control in it', FULL, async () => {
    const control = await loaded(program(), 'postgres-naive', { profile: 'spike', vus: SPIKE_BUYERS })
    expect(control, control.conviction).toMatchObject({ verdict: 'invalid', asPromised: true })
    const trial = await loaded(program(), 'postgres-conditional-update', {
      profile: 'spike',
      vus: SPIKE_BUYERS,
    })
    expect(trial, `${trial.conviction} ${trial.verdictReasons.join()}`).toMatchObject({ verdict: 'valid' })
    const spike = trial.load?.spike ?? expect.fail('no spike was seen')
    expect(spike.buyers).toBe(SPIKE_BUYERS)
    expect(spike.knowsMs.max).toBeGreaterThanOrEqual(spike.knowsMs.p50)
  })

  test.for([
    ['postgres-conditional-update', 1],
    ['redis-lua', 1],
    ['redis-seat-key', 1],
    ['tigerbeetle-pending-transfer-batched', 1],
    ['postgres-select-for-update', 2],
    ['tigerbeetle-pending-transfer', 2],
  ] as const)('finds nothing sold twice by %s, served by %d', FULL, async ([name, workers], { skip }) => {
    const entry = registry.find((each) => each.name === name)
    if (opened.lacks(entry?.engines ?? [])) skip()
    const trial = await loaded(program(), name, { workers })
    expect(trial, `${trial.conviction} ${trial.verdictReasons.join()}`).toMatchObject({
      verdict: 'valid',
      oversoldUnits: 0,
    })
    expect(trial.counts.confirmed).toBeGreaterThan(0)
  })

  test('of three generators at one service is one history, audited once', FULL, async () => {
    const control = await loaded(program(), 'postgres-naive', { profile: 'steady', generators: 3 })
    expect(control, control.conviction).toMatchObject({ verdict: 'invalid', asPromised: true })
    const trial = await loaded(program(), 'postgres-conditional-update', { profile: 'steady', generators: 3 })
    expect(trial, `${trial.conviction} ${trial.verdictReasons.join()}`).toMatchObject({
      verdict: 'valid',
      workload: 'k6/steady, 3 generators',
    })
  })

  test('judges a strategy from a file of one’s own', FULL, async () => {
    await using folder = await mkdtempDisposable(path.join(import.meta.dirname, 'own-'))
    const file = path.join(folder.path, 'mine.ts')
    await writeFile(
      file,
      `export { create } from '../../../strategies/postgres-conditional-update.ts'\nexport const ledger = 'counter-rows'\n`,
    )
    const trial = await loadedEntry(program(), await strategyNamed(file))
    expect(trial, trial.conviction).toMatchObject({ strategy: 'mine', verdict: 'valid' })
  })
})
