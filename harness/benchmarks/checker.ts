/**
 * How long a million operations take from the file to the verdict, and how much memory.
 *
 *     npm run bench:checker -- [operations]
 *
 * Writes a legal history to a temporary folder, has a fresh process read and judge it, and removes it.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'
import { HistoryJudge } from '../checker/judge.ts'
import { readHistory, writeHistory } from '../history/jsonl.ts'
import type { AuditRecord, HistoryRecord, Operation } from '../history/record.ts'

const OPERATIONS_DEFAULT = 1_000_000
/** Of processor time, start-up and collector included: other programs on the machine do not count. */
const OPERATIONS_BUDGET_SECONDS = 5
const MEMORY_BUDGET_MIB = 512

/**
 * A record lives no longer than it takes to put it into columns, so a small nursery is enough; the default
 * one grows until it keeps more than a hundred megabytes of them.
 */
const YOUNG_GENERATION = '--max-semi-space-size=4'

const RESOURCES = 1_000
const CAPACITY = 500
/** So many that none is called again before its last answer. */
const CLIENTS = 256
const OFFSET_MS = 1_750_000_000_000
const TTL_MS = 10_000
/** From the call to its effect, and from its effect to the answer. */
const HALF_CALL_US = 400

/** Clients that hold, confirm, release and read, each call taking effect in its middle. */
export function* legalHistory(operations: number): Generator<HistoryRecord> {
  const resourceIds = Array.from({ length: RESOURCES }, (_, at) => `class-${at}` as ResourceId)
  yield {
    type: 'history',
    format: 2,
    strategy: 'simulated',
    workload: 'benchmark',
    seed: 1,
    startedAt: '2025-01-01T00:00:00.000Z',
    resources: resourceIds.map((id) => ({ id, capacity: CAPACITY })),
    clock: { offsetMs: OFFSET_MS, errorMs: 1 },
    freesLateMs: 0,
    refusals: 'exact',
  }
  const taken = new Int32Array(RESOURCES)
  const version = new Int32Array(RESOURCES)
  const holds: AuditRecord['holds'][number][] = []
  let state = 1
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  let written = 0
  let nowUs = 1_000_000
  while (written < operations) {
    nowUs += 20
    const process = written % CLIENTS
    const interval = {
      type: 'operation',
      process,
      invokedUs: nowUs - HALF_CALL_US,
      returnedUs: nowUs + HALF_CALL_US,
    } as const
    const resource = random(RESOURCES)
    const resourceId = resourceIds[resource] ?? ('' as ResourceId)
    if (random(20) === 0) {
      const available: Operation = {
        ...interval,
        op: 'availability',
        result: 'ok',
        available: [[resourceId, CAPACITY - (taken[resource] ?? 0)]],
      }
      yield available
      written++
      continue
    }
    const holdId = `hold-${written.toString(36)}-${random(2 ** 30).toString(36)}` as HoldId
    const request = { ...interval, op: 'hold', holdId, lines: [[resourceId, 1]], ttlMs: TTL_MS } as const
    written++
    if (taken[resource] === CAPACITY) {
      yield { ...request, result: 'fail', why: 'sold-out', resourceId, attempts: 1 }
      continue
    }
    const deadlineMs = OFFSET_MS + nowUs / 1_000 + TTL_MS
    version[resource] = (version[resource] ?? 0) + 1
    yield { ...request, result: 'ok', deadlineMs, versions: [version[resource] ?? 0], attempts: 1 }
    const later = {
      ...interval,
      invokedUs: interval.returnedUs + 5,
      returnedUs: interval.returnedUs + 2 * HALF_CALL_US,
    }
    if (written === operations) {
      taken[resource] = (taken[resource] ?? 0) + 1
      holds.push({ id: holdId, status: 'expired', lines: [[resourceId, 1]], deadlineMs })
      break
    }
    written++
    const sold = random(3) > 0
    if (sold) {
      taken[resource] = (taken[resource] ?? 0) + 1
      yield { ...later, op: 'confirm', holdId, result: 'ok' }
    } else {
      yield { ...later, op: 'release', holdId, result: 'ok' }
    }
    holds.push({ id: holdId, status: sold ? 'confirmed' : 'released', lines: [[resourceId, 1]], deadlineMs })
  }
  const sold = new Int32Array(RESOURCES)
  for (const hold of holds) {
    if (hold.status !== 'confirmed') continue
    const resource = resourceIds.indexOf(hold.lines[0]?.[0] ?? ('' as ResourceId))
    sold[resource] = (sold[resource] ?? 0) + 1
  }
  yield {
    type: 'audit',
    takenUs: nowUs + TTL_MS * 1_000 + 10_000,
    resources: resourceIds.map((id, at) => ({ id, taken: sold[at] ?? 0 })),
    holds,
    complaints: [],
    probes: resourceIds.map((resourceId, at) => {
      const units = CAPACITY - (sold[at] ?? 0)
      return { resourceId, unitsExpected: units, unitsHeld: units, oneMoreRefused: true }
    }),
  }
}

async function readAndJudge(path: string): Promise<void> {
  const started = performance.now()
  const history = new HistoryJudge()
  for await (const record of readHistory(path)) history.add(record)
  const read = performance.now()
  const verdict = history.verdict()
  const judged = performance.now()
  const seconds = (judged - started) / 1_000
  const { user, system } = process.cpuUsage()
  const processorSeconds = (user + system) / 1_000_000
  const memoryMiB = process.resourceUsage().maxRSS / 1_024
  console.log(`verdict      ${verdict.verdict} (${verdict.violationsTotal} violations)`)
  for (const { rule, message } of verdict.violations.slice(0, 3))
    console.log(`             ${rule}: ${message}`)
  console.log(`operations   ${verdict.operations}`)
  console.log(`read         ${((read - started) / 1_000).toFixed(2)} s`)
  console.log(`judge        ${((judged - read) / 1_000).toFixed(2)} s`)
  console.log(`together     ${seconds.toFixed(2)} s`)
  console.log(`processor    ${processorSeconds.toFixed(2)} s (budget ${OPERATIONS_BUDGET_SECONDS} s)`)
  console.log(`peak memory  ${memoryMiB.toFixed(0)} MiB (budget ${MEMORY_BUDGET_MIB} MiB)`)
  const withinBudget = processorSeconds <= OPERATIONS_BUDGET_SECONDS && memoryMiB <= MEMORY_BUDGET_MIB
  if (verdict.verdict !== 'valid' || !withinBudget) process.exitCode = 1
}

async function benchmark(operations: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-benchmark-'))
  try {
    const path = join(folder, 'history.jsonl')
    await writeHistory(path, legalHistory(operations))
    console.log(`history      ${((await stat(path)).size / 2 ** 20).toFixed(0)} MiB`)
    const judgeArguments = [YOUNG_GENERATION, fileURLToPath(import.meta.url), '--judge', path]
    const child = spawn(process.execPath, judgeArguments, { stdio: 'inherit' })
    const [code] = await once(child, 'exit')
    process.exitCode = Number(code ?? 1)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const [first, path] = process.argv.slice(2)
  if (first === '--judge' && path !== undefined) await readAndJudge(path)
  else await benchmark(Number(first ?? OPERATIONS_DEFAULT))
}
