/**
 * What a conformance case is given: a strategy in a new namespace, unique names, and, if the engine has one,
 * a second session that can lock rows and see which sessions wait.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { RowsOf } from '../../strategies/ledgers/ledger.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type {
  HoldId,
  HoldOutcome,
  HoldRequest,
  ReservationStrategy,
  ResourceId,
} from '../../strategies/strategy.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'
import { monotonicMs } from '../clock.ts'
import type { Onlooker } from '../engines/engine.ts'
import type { Ground } from '../ground/ground.ts'
import { ConformanceError, expectThat, NotApplicableError } from './expectation.ts'

/** Longer than any case takes. */
export const LONG_TTL_MS = 600_000
/** The shortest possible TTL. */
export const SHORT_TTL_MS = 1_000
/** Only ends waits that would never end; on an idle machine nothing here takes seconds. */
const PATIENCE_MS = 30_000
const POLL_MS = 5
/**
 * The uncertainty of a comparison between the engine's clock and this process: half a round trip, and TTLs in
 * whole milliseconds.
 */
export const ROUNDING_MS = 20

/** Which strategies a case is for. */
export interface Applies {
  when(entry: StrategyEntry): boolean
  /** Why it is not for the others, in one sentence. */
  readonly otherwise: string
}

/** A test of one property of the contract. */
export interface Case {
  readonly name: string
  /** What the contract says, in one sentence. */
  readonly property: string
  /** Absent: every strategy must pass. */
  readonly appliesTo?: Applies
  /** It counts waiting sessions, or sweeps due holds, so it needs a namespace of its own. */
  readonly alone?: true
  run(subject: Subject): Promise<void>
}

/** A strategy under test. */
export interface Subject {
  readonly entry: StrategyEntry
  readonly strategy: ReservationStrategy
  /** The same strategy opened again, as in a second process; the same object if it uses no engine. */
  readonly other: ReservationStrategy
  readonly ground: Ground
  /** The critical section of both; cases replace it to stop a buyer between read and write. */
  criticalSection: () => Promise<void>
}

export type Lines = Readonly<Record<string, number>>

/** Strategies declared unsafe oversell here, and have a case of their own. */
export const UNLESS_UNSAFE: Applies = {
  when: ({ promises: { safe } }) => safe !== 'never',
  otherwise: 'it declares that it oversells under plain concurrency',
}

/** Whether another session can lock the rows of a hold and see which sessions wait for them. */
export function locksRows({ ledger, promises }: StrategyEntry): boolean {
  return ledger?.lockedRows !== undefined && ledger.lockedRows.engine === promises.clock
}

export const IF_IT_LOCKS_ROWS: Applies = {
  when: locksRows,
  otherwise: 'it names no ledger whose rows another session could lock',
}

/** Keeps names unique across runs on the same server. */
const nonce = randomBytes(4).toString('hex')
let lastName = 0

/** A unique name. */
export function fresh(prefix: string): string {
  lastName++
  return `${prefix}-${nonce}-${lastName}`
}

/** Creates one resource with a unique name. */
export async function resource({ strategy }: Subject, capacity: number): Promise<ResourceId> {
  const id = resourceId(fresh('resource'))
  await strategy.createResources([{ id, capacity }])
  return id
}

/** Creates `count` seats with ascending ids. */
export async function seats({ strategy }: Subject, count: number): Promise<readonly ResourceId[]> {
  const ids = Array.from({ length: count }, (_, at) =>
    resourceId(fresh(`seat-${String(at).padStart(4, '0')}`)),
  )
  await strategy.createResources(ids.map((id) => ({ id, capacity: 1 })))
  return ids
}

/** Seats, each with a short hold on it. */
export async function heldSeats(subject: Subject, count: number) {
  const row = await seats(subject, count)
  return await Promise.all(
    row.map(async (seat) => ({
      seat,
      ...(await held(subject.strategy, { [seat]: 1 }, { ttlMs: SHORT_TTL_MS })),
    })),
  )
}

/** Calls through both connections in turn, all at once. */
export function concurrently<Outcome>(
  { strategy, other }: Subject,
  count: number,
  call: (strategy: ReservationStrategy, at: number) => Promise<Outcome>,
): Promise<readonly Outcome[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => call(at % 2 ? strategy : other, at)))
}

/** Expects the deadline of a hold made between two readings of the engine's clock. */
export function expectDeadline(
  deadlineMs: number,
  [beforeMs, afterMs]: readonly [number, number],
  ttlMs: number,
): void {
  const what = `the deadline of a hold of ${ttlMs} ms`
  expectThat(what, deadlineMs).isAtLeast(beforeMs + ttlMs - ROUNDING_MS)
  expectThat(what, deadlineMs).isAtMost(afterMs + ttlMs + ROUNDING_MS)
}

export function newHold(): HoldId {
  return holdId(fresh('hold'))
}

export function request(lines: Lines, options: { id?: HoldId; ttlMs?: number } = {}): HoldRequest {
  return {
    holdId: options.id ?? newHold(),
    lines: Object.entries(lines).map(([id, quantity]) => ({ resourceId: resourceId(id), quantity })),
    ttlMs: options.ttlMs ?? LONG_TTL_MS,
  }
}

/** Makes a hold that must succeed. */
export async function held(
  strategy: ReservationStrategy,
  lines: Lines,
  options: { id?: HoldId; ttlMs?: number } = {},
): Promise<{ readonly id: HoldId; readonly deadlineMs: number }> {
  const asked = request(lines, options)
  const outcome = await strategy.hold(asked)
  expectThat('a hold of units that are free', outcome).matches({ kind: 'held' })
  return { id: asked.holdId, deadlineMs: outcome.kind === 'held' ? outcome.deadlineMs : Number.NaN }
}

export async function available({ strategy }: Subject, id: ResourceId): Promise<number | undefined> {
  const [answer] = await strategy.availability([id])
  return answer?.available
}

/** Expects `units` to be free. */
export async function expectAvailable(subject: Subject, id: ResourceId, units: number): Promise<void> {
  expectThat('units available', await available(subject, id)).equals(units)
}

export function kinds(outcomes: readonly HoldOutcome[]): Record<HoldOutcome['kind'], number> {
  const count = { held: 0, 'sold-out': 0, contended: 0, 'id-reused': 0 }
  for (const outcome of outcomes) count[outcome.kind]++
  return count
}

/** The engine's clock, milliseconds since the epoch. */
export async function engineNowMs({ ground }: Subject): Promise<number> {
  const { offsetMs } = await ground.readClock()
  return monotonicMs() + offsetMs
}

/** Waits until the units of a hold with this deadline must be free again. */
export async function untilFree(
  { ground, entry }: Pick<Subject, 'ground' | 'entry'>,
  deadlineMs: number,
): Promise<void> {
  await untilPast({ ground }, deadlineMs + entry.promises.freesLateMs)
}

/** Waits until the deadline has certainly passed by the engine's clock. */
export async function untilPast({ ground }: Pick<Subject, 'ground'>, deadlineMs: number): Promise<void> {
  await until(`the engine's clock to pass ${deadlineMs}`, async () => {
    const { offsetMs, errorMs } = await ground.readClock()
    const missingMs = deadlineMs - (monotonicMs() + offsetMs - errorMs)
    if (missingMs < 0) return true
    // Sleeps instead of polling, which would keep the machine busy.
    await pause(Math.min(missingMs, PATIENCE_MS))
    return false
  })
}

/** Polls until `isTrue`. Throws a `ConformanceError` that names `what` when it takes too long. */
export async function until(what: string, isTrue: () => Promise<boolean> | boolean): Promise<void> {
  const endsAt = performance.now() + PATIENCE_MS
  while (!(await isTrue())) {
    if (performance.now() > endsAt) throw new ConformanceError(`waited ${PATIENCE_MS} ms for ${what}`)
    await pause(POLL_MS)
  }
}

/** How many of the strategy's sessions wait for a lock, on all engines that can report it. */
export async function waiters({ ground }: Pick<Subject, 'ground'>): Promise<number> {
  const counts = await Promise.all(
    [...ground.namespaces.values()].map(async ({ onlooker }) => (await onlooker?.waiters()) ?? 0),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Locks the rows of a resource or a hold in another session, with an open transaction, `during` the call. */
export function lockedByAnotherSession(
  subject: Subject,
  what: { readonly resource: ResourceId } | { readonly hold: HoldId },
  during: () => Promise<void>,
): Promise<void> {
  const rows = subject.entry.ledger?.lockedRows
  const locked: readonly RowsOf[] = ('resource' in what ? rows?.resource : rows?.hold) ?? []
  const id = 'resource' in what ? what.resource : what.hold
  return onlookerOf(subject).locking(
    locked.map((row) => ({ ...row, value: id })),
    during,
  )
}

function onlookerOf({ entry, ground }: Pick<Subject, 'entry' | 'ground'>): Onlooker {
  const onlooker = ground.namespaces.get(entry.ledger?.lockedRows?.engine ?? entry.promises.clock)?.onlooker
  if (onlooker === undefined)
    throw new NotApplicableError(
      'the engine has no second session that could lock rows and see which sessions wait',
    )
  return onlooker
}

/** Stops buyers; `open` lets through all that wait and all that arrive later. */
export function gate(): {
  readonly arrivals: () => number
  readonly pass: () => Promise<void>
  open(): void
} {
  const { promise, resolve } = Promise.withResolvers<void>()
  let arrived = 0
  return {
    arrivals: () => arrived,
    pass() {
      arrived++
      return promise
    },
    open: () => resolve(),
  }
}
