/**
 * Makes small histories that are legal by construction: operations with random overlapping intervals, each
 * taking effect at one moment inside its own, by the sequential specification, on an engine whose clock is
 * wrong by up to ε.
 */
import type {
  AuditRecord,
  HistoryHeader,
  HistoryRecord,
  LineRecord,
  Operation,
} from '../../harness/history/record.ts'
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'

/** A whole number from 0 up to, not including, `below`. */
export type RandomBelow = (below: number) => number

/** The generator Mulberry32. */
export function seeded(seed: number): RandomBelow {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** From the environment, so that a failure can be repeated; otherwise the same every time. */
export function seedOf(name: string): number {
  const given = process.env.HOLDFAST_SEED
  const seed = given === undefined ? 20_260_101 : Number(given)
  console.log(`${name}: HOLDFAST_SEED=${seed}`)
  return seed
}

export interface Shape {
  readonly operationsMax: number
  /** Whether holds may expire within the history. */
  readonly expiry: boolean
  /** Whether `sold-out` may be answered, or such requests are left out. */
  readonly refusals: boolean
  /** Whether outcomes may be unknown. */
  readonly unknowns: boolean
  readonly reads: boolean
  readonly audit: boolean
  /** Whether an operation may return in the very microsecond in which another is invoked. */
  readonly ties: boolean
}

export const EVERYTHING: Shape = {
  operationsMax: 8,
  expiry: true,
  refusals: true,
  unknowns: true,
  reads: true,
  audit: true,
  ties: true,
}

interface Life {
  readonly lines: readonly LineRecord[]
  readonly ttlMs: number
  readonly deadlineMs: number
  readonly versions: readonly number[] | undefined
  status: 'held' | 'confirmed' | 'released'
  /** When the engine's clock shows the deadline, and when it frees the units. */
  readonly expiresUs: number
  readonly freedUs: number
}

const STEP_US = 1_000

export interface Simulated {
  readonly header: HistoryHeader
  readonly operations: readonly Operation[]
  readonly audit: AuditRecord | undefined
}

export function recordsOf({ header, operations, audit }: Simulated): HistoryRecord[] {
  return audit === undefined ? [header, ...operations] : [header, ...operations, audit]
}

export function simulate(random: RandomBelow, shape: Shape): Simulated {
  const chance = (percent: number) => random(100) < percent
  const pick = <T>(from: readonly [T, ...T[]]): T => from[random(from.length)] ?? from[0]
  const capacity = new Map<ResourceId, number>()
  const resourceIds: [ResourceId, ...ResourceId[]] = ['r0' as ResourceId]
  if (chance(50)) resourceIds.push('r1' as ResourceId)
  for (const id of resourceIds) capacity.set(id, 1 + random(chance(50) ? 1 : 3))
  const errorUs = shape.expiry ? pick([0, 1, 2]) * STEP_US : 0
  const freesLateUs = shape.expiry ? pick([0, 0, 2]) * STEP_US : 0
  const offsetMs = shape.audit ? 1_750_000_000_000 + random(1_000) : 0
  const versioned = chance(50)
  const header: HistoryHeader = {
    type: 'history',
    format: 2,
    strategy: 'simulated',
    workload: 'random',
    seed: 0,
    startedAt: '2025-01-01T00:00:00.000Z',
    resources: resourceIds.map((id) => ({ id, capacity: capacity.get(id) ?? 1 })),
    clock: { offsetMs, errorMs: errorUs / 1_000 },
    freesLateMs: freesLateUs / 1_000,
    refusals: 'exact',
  }

  const payload = (): { lines: LineRecord[]; ttlMs: number } => {
    const lines: LineRecord[] = []
    for (const id of chance(50) ? resourceIds : [...resourceIds].reverse()) {
      if (lines.length === 0 || chance(40)) lines.push([id, 1 + random(chance(70) ? 1 : 2)])
    }
    return { lines, ttlMs: shape.expiry && chance(60) ? 4 + random(12) : 1_000_000 }
  }
  const holdIds = Array.from({ length: 1 + random(4) }, (_, at) => `h${at}` as HoldId)
  const payloads = holdIds.map(payload)

  /** What is requested, and when it takes effect; `effectUs` is undefined if it never does. */
  const asked: {
    op: Operation['op']
    hold: number
    fromUs: number
    untilUs: number
    unknown: boolean
    effectUs: number | undefined
  }[] = []
  const operationCount = 1 + random(shape.operationsMax)
  const span = 6 + random(30)
  for (let at = 0; at < operationCount; at++) {
    // Even microseconds for invocations and odd ones for returns, and none twice.
    const fromUs = random(span) * STEP_US + (shape.ties ? 0 : 2 * at)
    const untilUs = fromUs + (chance(5) ? 0 : 1 + random(8)) * STEP_US + (shape.ties ? 0 : 1)
    const unknown = shape.unknowns && chance(15)
    const latestUs = unknown ? untilUs + random(20) * STEP_US : untilUs
    const exact = chance(20)
    const effectUs =
      unknown && chance(40)
        ? undefined
        : exact
          ? fromUs
          : fromUs + Math.floor((latestUs - fromUs) * (random(1_000) / 1_000))
    const op =
      shape.reads && chance(12) ? 'availability' : chance(55) ? 'hold' : chance(50) ? 'confirm' : 'release'
    asked.push({ op, hold: random(holdIds.length), fromUs, untilUs, unknown, effectUs })
  }
  const order = asked.map((_, at) => at)
  order.sort((a, b) => (asked[a]?.effectUs ?? Infinity) - (asked[b]?.effectUs ?? Infinity) || a - b)

  const lives = new Map<HoldId, Life>()
  const refused = new Map<HoldId, { resourceId: ResourceId; request: string }>()
  const versions = new Map<ResourceId, number>()
  const used = (resourceId: ResourceId, us: number, freed: (life: Life) => number): number => {
    let sum = 0
    for (const life of lives.values()) {
      if (life.status === 'released' || (life.status === 'held' && us >= freed(life))) continue
      for (const [id, units] of life.lines) if (id === resourceId) sum += units
    }
    return sum
  }

  const operations: (Operation | undefined)[] = asked.map(() => undefined)
  for (const at of order) {
    const ask = asked[at]
    if (ask === undefined) continue
    const { op, effectUs: us, unknown } = ask
    const holdId = holdIds[ask.hold] ?? ('h0' as HoldId)
    const interval = {
      type: 'operation',
      process: at,
      invokedUs: ask.fromUs,
      returnedUs: ask.untilUs,
    } as const
    const info = { result: 'info', error: 'timeout' } as const
    const life = lives.get(holdId)
    const live = life?.status === 'held' && us !== undefined && us < life.expiresUs
    if (op === 'availability') {
      const resourceId = pick(resourceIds)
      const freed = chance(50) ? (one: Life) => one.freedUs : (one: Life) => one.expiresUs
      const free = (capacity.get(resourceId) ?? 0) - used(resourceId, us ?? 0, freed)
      operations[at] = unknown
        ? { ...interval, op, ...info }
        : { ...interval, op, result: 'ok', available: [[resourceId, free]] }
      // A read that counts due units as free does so because they are; the engine frees them from then on.
      continue
    }
    if (op === 'confirm') {
      const good = live || life?.status === 'confirmed'
      if (us !== undefined && life !== undefined && good) life.status = 'confirmed'
      const answer = good ? ({ result: 'ok' } as const) : ({ result: 'fail', why: 'gone' } as const)
      operations[at] = unknown ? { ...interval, op, holdId, ...info } : { ...interval, op, holdId, ...answer }
      continue
    }
    if (op === 'release') {
      if (us !== undefined && life !== undefined && live) life.status = 'released'
      const answer =
        life?.status === 'released'
          ? ({ result: 'ok' } as const)
          : life?.status === 'confirmed'
            ? ({ result: 'fail', why: 'already-confirmed' } as const)
            : ({ result: 'fail', why: 'gone' } as const)
      operations[at] = unknown ? { ...interval, op, holdId, ...info } : { ...interval, op, holdId, ...answer }
      continue
    }
    const { lines, ttlMs } = chance(90) ? (payloads[ask.hold] ?? payload()) : payload()
    const request = { ...interval, op, holdId, lines, ttlMs } as const
    const text = JSON.stringify([lines, ttlMs])
    const record = (answer: object) => {
      operations[at] = (unknown ? { ...request, ...info } : { ...request, ...answer }) as Operation
    }
    if (us === undefined) {
      record(info)
      continue
    }
    if (life !== undefined) {
      const exactly = JSON.stringify([life.lines, life.ttlMs]) === text
      const same = setOf(life.lines) === setOf(lines)
      if (exactly || (same && chance(50))) {
        const told = life.versions === undefined ? {} : { versions: inOrder(lines, life) }
        record({ result: 'ok', deadlineMs: life.deadlineMs, ...told, attempts: 1 })
      } else record({ result: 'fail', why: 'id-reused' })
      continue
    }
    const before = refused.get(holdId)
    if (before !== undefined && before.request === text && chance(30)) {
      if (shape.refusals)
        record({ result: 'fail', why: 'sold-out', resourceId: before.resourceId, attempts: 1 })
      continue
    }
    if (before !== undefined && before.request !== text && chance(30)) {
      if (shape.refusals) record({ result: 'fail', why: 'id-reused' })
      continue
    }
    if (chance(5)) {
      record({ result: 'fail', why: 'contended', reason: 'deadlock', attempts: 3 })
      continue
    }
    const short = lines.filter(
      ([id, units]) => used(id, us, (one) => one.freedUs) + units > (capacity.get(id) ?? 0),
    )
    const [first, ...others] = short
    if (first !== undefined) {
      const [resourceId] = pick([first, ...others])
      if (!shape.refusals) {
        if (unknown) record(info)
        continue
      }
      refused.set(holdId, { resourceId, request: text })
      record({ result: 'fail', why: 'sold-out', resourceId, attempts: 1 })
      continue
    }
    const deadlineUs = us + ttlMs * 1_000
    const expiresUs = Math.max(us, deadlineUs - errorUs + random(2 * errorUs + 1))
    const life1: Life = {
      lines,
      ttlMs,
      deadlineMs: offsetMs + deadlineUs / 1_000,
      versions: versioned
        ? lines.map(([id]) => {
            versions.set(id, (versions.get(id) ?? 0) + 1)
            return versions.get(id) ?? 0
          })
        : undefined,
      status: 'held',
      expiresUs,
      freedUs: expiresUs + random(deadlineUs + errorUs + freesLateUs - expiresUs + 1),
    }
    lives.set(holdId, life1)
    const told = life1.versions === undefined ? {} : { versions: life1.versions }
    record({ result: 'ok', deadlineMs: life1.deadlineMs, ...told, attempts: 1 })
  }

  const kept = operations.filter((operation) => operation !== undefined)
  if (!shape.audit) return { header, operations: kept, audit: undefined }
  const takenUs = 200 * STEP_US
  const stored = [...lives].map(([id, life]) => ({
    id,
    status: life.status === 'held' && takenUs >= life.expiresUs ? ('expired' as const) : life.status,
    lines: life.lines,
    deadlineMs: life.deadlineMs,
  }))
  const sum = (resourceId: ResourceId): number => {
    let units = 0
    for (const hold of stored) {
      if (hold.status !== 'held' && hold.status !== 'confirmed') continue
      for (const [id, quantity] of hold.lines) if (id === resourceId) units += quantity
    }
    return units
  }
  const audit: AuditRecord = {
    type: 'audit',
    takenUs,
    resources: resourceIds.map((id) => ({ id, taken: sum(id) })),
    holds: stored,
    complaints: [],
    probes: resourceIds.map((resourceId) => {
      const units = (capacity.get(resourceId) ?? 0) - sum(resourceId)
      return { resourceId, unitsExpected: units, unitsHeld: units, oneMoreRefused: true }
    }),
  }
  return { header, operations: kept, audit }
}

function setOf(lines: readonly LineRecord[]): string {
  return lines
    .map(([id, units]) => `${id} ${units}`)
    .sort()
    .join()
}

function inOrder(lines: readonly LineRecord[], life: Life): number[] {
  return lines.map(([id]) => life.versions?.[life.lines.findIndex(([other]) => other === id)] ?? 0)
}
