/**
 * Goal: what buyers tell is put on the harness's clock as it was, and whatever is missing or cannot be timed
 * keeps a load from being judged. Method: tallies made by hand, judged over a strategy that lives in this
 * process.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { monotonicMs } from '../../harness/clock.ts'
import { entryFor } from '../../harness/entries/entry.ts'
import { prepareGround } from '../../harness/ground/ground.ts'
import { judgeLoad, loadStart } from '../../harness/load/load-verdict.ts'
import { operationsIn, readWall, scanTally } from '../../harness/load/tally-file.ts'
import type { ResourceId } from '../../strategies/strategy.ts'
import { inMemory } from '../workloads/in-memory.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-tally-'))
afterAll(() => rm(folder, { recursive: true }))
let files = 0

async function written(lines: readonly (object | string)[]): Promise<string> {
  const file = path.join(folder, `${++files}.jsonl`)
  const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
  await writeFile(file, texts.map((text) => `${text}\n`).join(''))
  return file
}

const SEAT = 'gig:floor-1-1' as ResourceId
const TTL_MS = 600_000
const LOST = { result: 'info', error: 'no answer' }
const clockLine = (wallMs: number, atUs = 0) => ({ type: 'run-clock', atUs, wallMs })

/** One buyer, who holds from `atUs` on. */
function hold(process: number, atUs: number, answer: object = {}) {
  return {
    ...{ type: 'operation', op: 'hold', process, holdId: `h${process}`, lines: [[SEAT, 1]], ttlMs: TTL_MS },
    ...{ invokedUs: atUs, returnedUs: atUs + 100, result: 'ok', attempts: 1 },
    ...answer,
  }
}

/** A run that began a second ago, and these buyers' deadlines. */
function told(...holds: readonly ReturnType<typeof hold>[]) {
  const wallMs = Date.now() - 1_000
  const deadlineMs = wallMs + TTL_MS
  return [clockLine(wallMs), ...holds.map((each) => ({ deadlineMs, ...each }))]
}

async function judged(lines: readonly (object | string)[], metrics: Readonly<Record<string, number>>) {
  const entry = entryFor({ name: 'in-memory', create: () => inMemory() })
  const ground = await prepareGround(entry, {}, 1)
  const strategy = await entry.open(
    {},
    { criticalSection: async () => {}, onBatch: () => {}, random: Math.random },
  )
  const onSale = [{ id: SEAT, capacity: 1 }]
  await strategy.createResources(onSale)
  const service = { ground, strategy, onSale }
  const { verdict } = await judgeLoad({
    entry,
    service,
    workers: 1,
    workload: 'k6/smoke',
    start: await loadStart(service),
    readings: [],
    tallies: [await written(lines)],
    summary: {
      strategy: 'in-memory',
      profile: 'smoke',
      breached: [],
      value: (metric) => metrics[metric] ?? 0,
    },
  })
  return verdict
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

test('times are those of the clock that never jumps, and durations are kept', async () => {
  const wall = readWall()
  const file = await written([clockLine(Date.now() - 500, 1_500_000), hold(1, 1_000_000)])
  const { clock, operations } = await scanTally(file, [wall, readWall()])
  expect(operations).toBe(1)
  expect(clock.jumped).toBeUndefined()
  expect(Math.abs(monotonicMs() - 2_000 - clock.startMs)).toBeLessThan(1_000)
  const [operation] = await all(operationsIn(file, clock))
  expect(operation).toMatchObject({ invokedUs: Math.round(clock.startMs * 1_000) + 1_000_000 })
  expect(Number(operation?.returnedUs) - Number(operation?.invokedUs)).toBe(100)
})

test('a reading of the clocks that was held up says less, and not that the clock was set', async () => {
  const wall = readWall()
  const nowMs = Date.now()
  const heldUp = { ...clockLine(nowMs + 300, 500_000), untilUs: 900_000 }
  const { clock } = await scanTally(await written([clockLine(nowMs, 500_000), heldUp]), [wall, readWall()])
  expect(clock.jumped).toBeUndefined()
  const set = { ...clockLine(nowMs + 3_000, 500_000), untilUs: 900_000 }
  const after = await scanTally(await written([clockLine(nowMs, 500_000), set]), [wall, readWall()])
  expect(after.clock.jumped).toBe('the wall clock was set while k6 ran')
})

test('two who hold one seat at the same time are convicted', async () => {
  const verdict = await judged(told(hold(1, 100), hold(2, 300)), { tallied: 2 })
  expect(verdict.verdict).toBe('invalid')
  const [first] = verdict.violations
  expect(first).toMatchObject({ rule: 'O1', resourceId: SEAT })
  expect(first?.holdIds).toEqual(expect.arrayContaining(['h1', 'h2']))
})

test('two who hold it one after the other are not', async () => {
  const release = { type: 'operation', op: 'release', process: 1, holdId: 'h1', result: 'ok' }
  const over = { ...hold(2, 900), ...LOST }
  const lines = [...told(hold(1, 100)), { ...release, invokedUs: 300, returnedUs: 400 }, over]
  const verdict = await judged(lines, { tallied: 3 })
  expect(verdict.violations).toEqual([])
})

test.for([
  ['an operation is missing', told(hold(1, 100)), { tallied: 2 }, 'reported 2 operations, and 1 were found'],
  ['a line was cut off', [...told(hold(1, 100)), '{"type":"opera'], { tallied: 2 }, 'reported 2 operations'],
  ['a buyer was not through', told(hold(1, 100)), { tallied: 1, unfinished: 1 }, 'had not finished'],
  ['a record is none', told(hold(1, 100, { ttlMs: 'long' })), { tallied: 1 }, 'ttlMs'],
  [
    'the clock was set while k6 ran',
    [...told(hold(1, 100)), clockLine(Date.now() + 60_000, 1_000_000)],
    { tallied: 1 },
    'wall clock',
  ],
  ['nobody told anything', [], {}, 'no buyer was granted a hold'],
  ['a script complained', [...told(hold(1, 100, LOST)), 'TypeError: x'], { tallied: 1 }, 'TypeError'],
] as const)('where %s nothing is proven', async ([, lines, metrics, why]) => {
  const verdict = await judged(lines, metrics)
  expect(verdict.verdict).toBe('unknown')
  expect(verdict.reasons.join('\n')).toContain(why)
})
