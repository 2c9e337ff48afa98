/**
 * Goal: what is broken is convicted by the explorer, or it is said why not. Method: the mutants, each in the
 * scenario that triggers it; and the list of what is out of reach held against the files that there are.
 */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { explore } from '../../harness/explore/explore.ts'
import { scenarios } from '../../harness/explore/scenario.ts'
import { counterRows, unitRows } from '../../strategies/ledgers/registry.ts'
import { on, type StrategyEntry } from '../../strategies/registry.ts'
import { getThenDel, redlockWithoutValidity, unlockWithoutToken } from '../mutants/leases.ts'
import { FULL } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const opened = await withEngines(['postgres', 'redis'], process.env, { redis: 3 })

/** The first violation comes early; that there are more says nothing new. */
const SCHEDULES_MAX = 100
const PATIENCE_MS = 300_000

interface Convicted {
  readonly file: string
  readonly entry: StrategyEntry
  readonly scenario: string
  readonly clients: number
  readonly kind: 'oversell' | 'undersell' | 'broken-promise'
}

const onPostgres = (file: string, load: Parameters<typeof on<'postgres'>>[4], ledger = counterRows) =>
  on(['postgres'], ledger, file, 'a mutant', load)

// biome-ignore format: a table
const convicted: readonly Convicted[] = [
  { file: 'optimistic-without-version', entry: onPostgres('optimistic-without-version', () => import('../mutants/optimistic-without-version.ts')), scenario: 'hold', clients: 2, kind: 'oversell' },
  { file: 'autocommit-per-line', entry: onPostgres('autocommit-per-line', () => import('../mutants/autocommit-per-line.ts')), scenario: 'one-of-two', clients: 2, kind: 'broken-promise' },
  { file: 'advisory-lock-of-the-session', entry: onPostgres('advisory-lock-of-the-session', () => import('../mutants/advisory-lock-of-the-session.ts')), scenario: 'hold', clients: 2, kind: 'oversell' },
  { file: 'advisory-lock-at-repeatable-read', entry: onPostgres('advisory-lock-at-repeatable-read', () => import('../mutants/advisory-lock-at-repeatable-read.ts')), scenario: 'hold', clients: 2, kind: 'oversell' },
  { file: 'commit-retried-without-id', entry: onPostgres('commit-retried-without-id', () => import('../mutants/commit-retried-without-id.ts')), scenario: 'hold', clients: 2, kind: 'broken-promise' },
  { file: 'pick-without-guard', entry: onPostgres('pick-without-guard', () => import('../mutants/pick-without-guard.ts'), unitRows), scenario: 'hold', clients: 2, kind: 'oversell' },
  { file: 'in-process-mutex', entry: onPostgres('in-process-mutex', () => import('../mutants/in-process-mutex.ts')), scenario: 'hold', clients: 2, kind: 'oversell' },
]

/** Why no schedule can convict it. */
const outOfReach: Readonly<Record<string, string>> = {
  'confirm-by-transaction-start':
    'its confirm is one statement, and must wait inside it until the deadline has passed; a deadline passes between two steps',
  expiry:
    'several, of sweepers and times to live: nobody sweeps in a scenario, and each has a conformance case that catches it',
}

// The mutants of the registry's own files are in the slice.
describe('convicted by the explorer', FULL, () => {
  test.for(convicted)(
    '$file, $scenario: $kind',
    { timeout: PATIENCE_MS },
    async ({ entry, scenario: name, clients, kind }) => {
      const scenario = scenarios.find((each) => each.name === name) ?? expect.fail(`there is no ${name}`)
      const kinds = new Set<string>()
      const found = await explore(entry, opened.engines, scenario, {
        clients,
        schedulesMax: SCHEDULES_MAX,
        onJudged: ({ verdict }) => {
          for (const violation of verdict.violations) kinds.add(violation.kind)
        },
      })
      expect(found).toMatchObject({ outcome: 'violated', asPromised: false })
      expect([...kinds]).toContain(kind)
    },
  )
})

describe('leases', FULL, () => {
  const lease = (name: string, module: typeof getThenDel) =>
    on(['postgres', 'redis'], counterRows, name, 'a mutant', async () => module, { contention: 'polls' })
  const pause = scenarios.find(({ name }) => name === 'pause') ?? expect.fail('there is no pause')

  test.for([
    lease('unlock-without-token', unlockWithoutToken),
    lease('get-then-del', getThenDel),
    lease('redlock-without-validity', redlockWithoutValidity),
  ])(
    '$name oversells when a client stops past its lease',
    { timeout: PATIENCE_MS },
    async (entry, { skip }) => {
      if (opened.lacks(['redis'])) skip('Redis is not there')
      const found = await explore(entry, opened.engines, pause, { clients: 2, schedulesMax: SCHEDULES_MAX })
      expect(found.outcome).toBe('violated')
      expect(found.overselling).toBeGreaterThan(0)
    },
  )
})

test('every mutant is convicted here, or it is said why it cannot be', () => {
  const files = globSync('*.ts', { cwd: join(import.meta.dirname, '../mutants') })
    .filter((file) => !file.endsWith('.test.ts') && file !== 'leases.ts')
    .map((file) => file.replace(/\.ts$/, ''))
  const known = [...convicted.map(({ file }) => file), ...Object.keys(outOfReach)]
  expect(files.toSorted()).toEqual(known.toSorted())
})
