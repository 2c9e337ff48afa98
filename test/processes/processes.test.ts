/**
 * Goal: a play by several processes is one history, and nothing of it is lost or left behind when one of them dies.
 * Method: shares of plans; streams cut off at every byte; a process that is killed in the middle of a hold.
 */
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { loadOwnStrategy } from '../../harness/entries/own-strategy.ts'
import type { HistoryHeader, Operation } from '../../harness/history/record.ts'
import { operationsOf } from '../../harness/processes/operation-stream.ts'
import { runTrial } from '../../harness/trial/trial.ts'
import { drain } from '../../harness/workloads/drain.ts'
import { play } from '../../harness/workloads/play.ts'
import { sellOut } from '../../harness/workloads/sell-out.ts'
import type { Workload } from '../../harness/workloads/workload.ts'
import { registry } from '../../strategies/registry.ts'
import { resourceId } from '../../strategies/validation.ts'
import { withEngines } from '../with-engines.ts'
import { inMemory } from '../workloads/in-memory.ts'

const settings = {
  concurrency: 8,
  durationMs: 1_000,
  warmupMs: 0,
  repeat: 1,
  seed: Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000),
  poolSize: 8,
  criticalSectionMs: 0,
}

const PLANNED_MS = 50

/** What each of these shares plays, one after another, on a strategy that remembers nothing of the others. */
async function sharesOf(workload: Workload, of: number): Promise<readonly (readonly Operation[])[]> {
  return await Promise.all(
    Array.from({ length: of }, async (_, index) => {
      // All of it is played, however long it takes: little of it.
      const plan = workload.plan({ ...settings, durationMs: PLANNED_MS })
      const strategy = inMemory()
      await strategy.createResources(plan.resources)
      const operations: Operation[] = []
      const record = (operation: Operation): void => void operations.push(operation)
      await play(strategy, plan, { record, clock: { offsetMs: 0 }, durationMs: 60_000, share: { index, of } })
      return operations
    }),
  )
}

const holdIds = (operations: readonly Operation[]): readonly string[] =>
  operations.flatMap((each) => (each.op === 'hold' ? [each.holdId] : []))

describe('the shares of one plan', () => {
  test('have callers, hold ids and process numbers of their own, and together all of them', async () => {
    const [whole = []] = await sharesOf(drain, 1)
    const shares = await sharesOf(drain, 3)
    const processes = shares.map((share) => new Set(share.map((each) => each.process)))
    const together = new Set(processes.flatMap((each) => [...each]))
    expect(together.size).toBe(processes.reduce((sum, each) => sum + each.size, 0))
    expect(shares.flatMap(holdIds).toSorted()).toEqual(holdIds(whole).toSorted())
  })

  test('deal out a queue that all callers share', async () => {
    const wanted = (operations: readonly Operation[]): number =>
      operations.reduce((sum, each) => sum + (each.op === 'hold' ? (each.lines[0]?.[1] ?? 0) : 0), 0)
    const [whole = []] = await sharesOf(sellOut, 1)
    const shares = await sharesOf(sellOut, 3)
    expect(shares.reduce((sum, share) => sum + holdIds(share).length, 0)).toBe(holdIds(whole).length)
    expect(shares.reduce((sum, share) => sum + wanted(share), 0)).toBe(wanted(whole))
  })
})

describe('a stream of operations', () => {
  const seat = resourceId('seat-1')
  const header: HistoryHeader = {
    type: 'history',
    format: 1,
    strategy: 'any',
    workload: 'any',
    seed: 1,
    startedAt: '',
    resources: [{ id: seat, capacity: 1 }],
    clock: { offsetMs: 0, errorMs: 0 },
    freesLateMs: 0,
    refusals: 'exact',
  }
  const hold = { type: 'operation', op: 'hold', process: 1, invokedUs: 10, holdId: 'a', lines: [[seat, 1]] }
  const begun = { ...hold, ttlMs: 1_000, returnedUs: 10, result: 'info', error: 'the process ended' }
  const ended = { ...hold, ttlMs: 1_000, returnedUs: 20, result: 'ok', deadlineMs: 5, attempts: 1 }
  const lines = Buffer.from(`begun buyer ${JSON.stringify(begun)}\nended buyer ${JSON.stringify(ended)}\n`)

  test('tells what was answered', () => {
    expect(operationsOf(lines, header, 99)).toEqual({
      played: [{ operation: ended, role: 'buyer' }],
      cutShort: 0,
    })
  })

  test('that is cut off anywhere never tells an answer that was not told whole', () => {
    const first = lines.indexOf('\n')
    for (let length = 0; length < lines.length; length += 1) {
      const { played, cutShort } = operationsOf(lines.subarray(0, length), header, 99)
      expect(cutShort).toBe(length > first ? 1 : 0)
      expect(played).toEqual(
        length > first ? [{ operation: { ...begun, returnedUs: 99 }, role: 'buyer' }] : [],
      )
    }
  })
})

const opened = await withEngines(['postgres'])

test('a process that is killed leaves what it had in flight as unknown, and the run unproven', async () => {
  const file = fileURLToPath(new URL('./fixtures/dies-at-a-hold.ts', import.meta.url))
  const { trial, history } = await runTrial(await loadOwnStrategy(file), opened.engines, {
    ...settings,
    workload: drain,
    processes: 2,
  })
  expect(trial).toMatchObject({ verdict: 'unknown', asPromised: false })
  expect(trial.verdictReasons[0]).toMatch(
    /^process [12] of 2 ended too early \(SIGKILL\), with \d calls in flight$/,
  )
  const operations = [...history].filter((each) => each.type === 'operation')
  const unanswered = operations.filter(({ result }) => result === 'info')
  expect(unanswered.length).toBeGreaterThan(0)
  // All of one process; and the other one played on.
  const dead = new Set(unanswered.map((each) => each.process % 2))
  expect(dead.size).toBe(1)
  const deathUs = Math.max(...unanswered.map((each) => each.returnedUs))
  expect(operations.some((each) => each.invokedUs > deathUs && !dead.has(each.process % 2))).toBe(true)
})

test('what several processes cannot share is refused', async () => {
  const [known] = registry
  if (known === undefined) throw new Error('the registry is empty')
  const nowhere = { ...known, name: 'nowhere' }
  const several = { ...settings, workload: drain, processes: 2 }
  await expect(runTrial(nowhere, opened.engines, several)).rejects.toThrow(/no other process can load it/)
  await expect(runTrial({ ...known, engines: [] }, opened.engines, several)).rejects.toThrow(
    /nothing in common/,
  )
})
