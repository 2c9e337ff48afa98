/**
 * What the harness costs: the callers of a trial and their records, beside a loop that makes the same calls
 * and keeps nothing.
 *
 *     npm run bench:harness
 *
 * The strategy lives in this process and takes no time. Its calls are made by a loop and by a trial's players
 * in turn, and the difference in processor time is what the harness costs per operation. Then every call
 * works for as long as makes the loop reach 50,000 operations a second, and the ratio is what the players
 * reach of that. Last, the memory that an operation leaves behind. Ends with 1 and one sentence where one of
 * the three misses its goal. Takes about half a minute.
 */
import v8 from 'node:v8'
import vm from 'node:vm'
import type { HoldId, HoldRequest, ReservationStrategy } from '../../strategies/strategy.ts'
import { resourceId, UNITS_MAX } from '../../strategies/validation.ts'
import { machineFacts } from '../compare/machine.ts'
import type { MeterReading } from '../engines/engine.ts'
import { criticalSectionOf } from '../performance/critical-section.ts'
import { alone, type Performance } from '../performance/performance.ts'
import { rangeOf } from '../report/range.ts'
import type { HoldSession, WorkloadPlan } from '../workloads/workload.ts'

/** Microseconds of processor time for each operation. */
const COST_US_MAX = 1
const RATIO_MIN = 0.9
const OPERATIONS_PER_SECOND = 50_000
/** Bytes for each operation of a run, while it goes on. */
const BYTES_MAX = 64

const CALLERS = 32
const ROUNDS = 7
const OPERATIONS = 400_000
const WORKING_OPERATIONS = 64_000
/** Two runs, of which the second is longer: the difference is what operations leave behind. */
const SHORT_RUN = 200_000
const LONG_RUN = 1_600_000
const TTL_MS = 600_000

const seat = { id: resourceId('seat'), capacity: UNITS_MAX }
const lines = [{ resourceId: seat.id, quantity: 1 }]
const session: HoldSession = {
  kind: 'hold',
  lines,
  ttlMs: TTL_MS,
  copies: 1,
  retryAfterMs: [],
  steps: [{ do: 'confirm' }],
}

const idle: MeterReading = {
  poolWaitMs: { p50: 0, p95: 0, p99: 0, max: 0, count: 0 },
  poolWaitSeconds: 0,
  connectionSeconds: 0,
}

/** Works for a while in every call; `us`: microseconds. */
function strategyOf(us: number): ReservationStrategy {
  const held = { kind: 'held', deadlineMs: Date.now() + TTL_MS, attempts: 1 } as const
  const confirmed = { kind: 'confirmed' } as const
  const work = (): void => {
    if (us === 0) return
    const untilMs = performance.now() + us / 1_000
    while (performance.now() < untilMs);
  }
  return {
    async createResources() {},
    async hold() {
      work()
      return held
    },
    async confirm() {
      work()
      return confirmed
    },
    release: () => Promise.reject(new Error('nothing is released here')),
    availability: () => Promise.reject(new Error('nothing is read here')),
    expireDue: () => Promise.resolve(0),
    async close() {},
  }
}

interface Turn {
  readonly ms: number
  readonly cpuMs: number
}

async function timed(run: () => Promise<unknown>): Promise<Turn> {
  const startedMs = performance.now()
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return { ms: performance.now() - startedMs, cpuMs: (user + system) / 1_000 }
}

/** The least that a program does which makes these calls: an id for each hold, and the answer. */
async function loop(strategy: ReservationStrategy, operations: number): Promise<void> {
  const each = operations / CALLERS / 2
  let held = 0
  const caller = async (_: unknown, number: number): Promise<void> => {
    for (let at = 0; at < each; at++) {
      const request: HoldRequest = { holdId: `buyer${number}-${at}` as HoldId, lines, ttlMs: TTL_MS }
      const { kind } = await strategy.hold(request)
      if (kind === 'held') held++
      await strategy.confirm(request.holdId)
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  if (held !== each * CALLERS) throw new Error(`${held} of ${each * CALLERS} were held`)
}

/** The same calls as a trial makes and records them. */
async function played(strategy: ReservationStrategy, operations: number): Promise<Performance> {
  const each = operations / CALLERS / 2
  const plan: WorkloadPlan = {
    resources: [seat],
    callers: Array.from({ length: CALLERS }, () => {
      let left = each
      return { role: 'buyer' as const, next: () => (left-- > 0 ? session : undefined) }
    }),
    durationMs: 600_000,
  }
  const criticalSection = criticalSectionOf(0)
  const observed = { batched: [], criticalSection }
  const meter = { resetMeter: () => undefined, readMeter: () => idle }
  const options = { clock: { offsetMs: 0 } }
  const part = { plan, warmup: undefined, warmupMs: 0, settleMsMax: 0, options }
  return await alone(strategy, meter, observed, part).play()
}

/** The median of what the players and the loop took, in turn. `us`: how long each call works. */
export async function compared(
  us: number = 0,
  operations: number = OPERATIONS,
): Promise<{ readonly costUs: number; readonly ratio: number }> {
  const strategy = strategyOf(us)
  const costs: number[] = []
  const ratios: number[] = []
  for (let round = -2; round < ROUNDS; round++) {
    const bare = await timed(() => loop(strategy, operations))
    const full = await timed(() => played(strategy, operations))
    if (round < 0) continue
    costs.push(((full.cpuMs - bare.cpuMs) * 1_000) / operations)
    ratios.push(bare.cpuMs / full.cpuMs)
  }
  return { costUs: rangeOf(costs).median, ratio: rangeOf(ratios).median }
}

/** How long a call must work for the loop to make as many as wanted. */
async function workUs(): Promise<number> {
  const { ms } = await timed(() => loop(strategyOf(0), OPERATIONS))
  return 1e6 / OPERATIONS_PER_SECOND - (ms * 1_000) / OPERATIONS
}

async function bytesLeft(operations: number): Promise<number> {
  const before = bytesUsed()
  const performance = await played(strategyOf(0), operations)
  const bytes = bytesUsed() - before
  // Still used, so that it is still there.
  const [first] = performance.played
  if (first === undefined) throw new Error('nothing was recorded')
  return bytes
}

function bytesUsed(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function collectGarbage(): void {
  v8.setFlagsFromString('--expose-gc')
  const collect: unknown = vm.runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('the garbage cannot be collected')
  collect()
}

async function benchmark(): Promise<void> {
  const { os, cpu, cores, node } = machineFacts()
  console.log(`machine      ${cpu}, ${cores} cores, ${os}, Node ${node}`)
  const { costUs } = await compared()
  console.log(`cost         ${costUs.toFixed(2)} µs of processor time an operation (goal ${COST_US_MAX})`)
  const us = await workUs()
  const { ratio } = await compared(us, WORKING_OPERATIONS)
  console.log(
    `ratio        ${ratio.toFixed(3)} of the loop at ${OPERATIONS_PER_SECOND} operations a second (goal ${RATIO_MIN})`,
  )
  const short = await bytesLeft(SHORT_RUN)
  const bytes = ((await bytesLeft(LONG_RUN)) - short) / (LONG_RUN - SHORT_RUN)
  console.log(`memory       ${bytes.toFixed(1)} bytes an operation (goal ${BYTES_MAX})`)
  const missed = [
    ...(costUs > COST_US_MAX ? ['the cost'] : []),
    ...(ratio < RATIO_MIN ? ['the ratio'] : []),
    ...(bytes > BYTES_MAX ? ['the memory'] : []),
  ]
  if (missed.length === 0) return
  console.error(`The harness misses its goal: ${missed.join(', ')}.`)
  process.exitCode = 1
}

if (import.meta.main) await benchmark()
