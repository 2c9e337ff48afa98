/**
 * Goal: k6 alone convicts the control, and finds nothing on a strategy of each family. Method: the real k6, the real service, the
 * real engines; the smoke profile. Where no k6 is found, that is said: none is built here, which takes minutes.
 */
import { describe, expect, test } from 'vitest'
import { reasonOf } from '../../harness/errors.ts'
import { type K6Program, locateK6 } from '../../harness/load/k6-program.ts'
import { loadOne } from '../../harness/load/load-one.ts'
import { PROFILES, plannedLoad } from '../../harness/load/profiles.ts'
import { registry } from '../../strategies/registry.ts'
import { FULL } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const opened = await withEngines(['postgres', 'redis', 'tigerbeetle'])
const k6 = await locateK6({ env: process.env, log: () => undefined, mayFetch: false }).catch(
  (error: unknown) => {
    console.log(`k6: NOT PROVEN: ${reasonOf(error)}. To fix it: npm run load -- --strategy postgres-naive`)
    return undefined
  },
)

const smoke = PROFILES.find(({ name }) => name === 'smoke') ?? expect.fail('there is no smoke')

async function loaded(program: K6Program, name: string, workers = 1) {
  const ended = await loadOne({
    entry: registry.find((each) => each.name === name) ?? expect.fail(`there is no ${name}`),
    engines: opened.engines,
    k6: program,
    planned: plannedLoad(smoke, { seconds: 2 }),
    workers,
    poolSize: 8,
    criticalSectionMs: 0,
    mapAgeMsMax: 500,
    signal: new AbortController().signal,
  })
  if (ended.kind === 'failed') return expect.fail(ended.why)
  return ended.trials[0] ?? expect.fail('there is no trial')
}

describe.skipIf(k6 === undefined)('k6', () => {
  const program = () => k6 ?? expect.fail('there is no k6')

  test('convicts the control by itself', async () => {
    const trial = await loaded(program(), 'postgres-naive')
    expect(trial).toMatchObject({ verdict: 'invalid', asPromised: true })
    expect(trial.oversoldUnits).toBeGreaterThan(0)
  })

  test.for([
    ['postgres-conditional-update', 1],
    ['redis-lua', 1],
    ['tigerbeetle-pending-transfer-batched', 1],
    ['postgres-select-for-update', 2],
  ] as const)('finds nothing sold twice by %s, served by %d', FULL, async ([name, workers], { skip }) => {
    const entry = registry.find((each) => each.name === name)
    if (opened.lacks(entry?.engines ?? [])) skip()
    const trial = await loaded(program(), name, workers)
    expect(trial, trial.conviction).toMatchObject({ verdict: 'valid', oversoldUnits: 0 })
    expect(trial.counts.confirmed).toBeGreaterThan(0)
  })
})
