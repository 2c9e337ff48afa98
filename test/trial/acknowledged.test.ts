/**
 * Goal: a sale that only the process that made it remembers is no sale. Method: strategies from files, on tables of their own or on
 * none, that state no ledger; after the play another process asks them again.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadOwnStrategy } from '../../harness/entries/own-strategy.ts'
import { runTrial } from '../../harness/trial/trial.ts'
import { drain } from '../../harness/workloads/drain.ts'
import { withEngines } from '../with-engines.ts'

const { engines } = await withEngines(['postgres'])
const WORKLOADS = path.join(import.meta.dirname, '../workloads/in-memory.ts')
const WRITE = path.join(import.meta.dirname, '../../strategies/ledgers/counter-rows/write.ts')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-acknowledged-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function verdictOf(name: string, source: string) {
  const file = path.join(folder, `${name}.ts`)
  await writeFile(file, source)
  const settings = { workload: drain, concurrency: 4, durationMs: 300, warmupMs: 0, repeat: 1, seed: 5 }
  const { trial } = await runTrial(await loadOwnStrategy(file), engines, {
    ...settings,
    poolSize: 8,
    criticalSectionMs: 0,
  })
  return trial
}

it('what is kept in the memory of one process is convicted', async () => {
  const trial = await verdictOf(
    'keeps-nothing',
    `import { inMemory } from ${JSON.stringify(WORKLOADS)}
     export const engines = ['postgres']
     export const create = () => inMemory()`,
  )
  expect(trial.verdict).toBe('invalid')
  expect(trial.storeNotRead).toMatch(/raw store not read/)
})

it('what is kept in the engine that it names is valid', async () => {
  const trial = await verdictOf(
    'keeps-rows',
    `import { inTransaction, reservationsOn, takeUnitsWhereFree } from ${JSON.stringify(WRITE)}
     export const create = ({ postgres }) => reservationsOn(postgres, {
       claim: (request) => inTransaction(postgres, 'read committed', (tx) => takeUnitsWhereFree(tx, request)),
     })`,
  )
  expect(trial).toMatchObject({ verdict: 'valid', violations: [] })
})
