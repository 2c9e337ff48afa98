/**
 * What a conformance case is given: a strategy on a fresh set of tables, fresh names, and, where the engine
 * has one, an onlooker beside the strategy's own connections who can lock rows and see who waits.
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

/** Long enough that no case sees it pass. */
export const LONG_TTL_MS = 600_000
/** The shortest there is. */
export const SHORT_TTL_MS = 1_000
/** Nothing here takes seconds on an idle machine; this only ends a case that will never end by itself. */
const PATIENCE_MS = 30_000
const POLL_MS = 5

/** Which strategies a case is for. */
export interface Applies {
  when(entry: StrategyEntry): boolean
  /** Why it is not for the others, in one sentence. */
  readonly otherwise: string
}

/** One property of the contract, tried on one strategy. */
export interface Case {
  readonly name: string
  /** What the contract says, in one sentence. */
  readonly property: string
  /** Absent: every strategy must pass. */
  readonly appliesTo?: Applies
  /** It counts who waits, or sweeps what is due, so no other case may share its tables. */
  readonly alone?: true
  run(subject: Subject): Promise<void>
}

/** A strategy under test. */
export interface Subject {
  readonly entry: StrategyEntry
  readonly strategy: ReservationStrategy
  /**
   * The same strategy opened again, as a second process would have it; the same one where it lives in this
   * process alone.
   */
  readonly other: ReservationStrategy
  readonly ground: Ground
  /**
   * What the application does between read and write, for both; replaced by cases that want to stop a buyer
   * there.
   */
  criticalSection: () => Promise<void>
}

export type Lines = Readonly<Record<string, number>>

/** Those that exclude rivals at all: the others oversell among themselves, and have a case of their own. */
export const UNLESS_UNSAFE: Applies = {
  when: ({ promises: { safe } }) => safe !== 'never',
  otherwise: 'it declares that it oversells under plain concurrency',
}

/** Whether holds are rows that a stranger can lock and in whose locks a waiter shows. */
export function locksRows({ ledger, promises }: StrategyEntry): boolean {
  return ledger?.lockedRows !== undefined && ledger.lockedRows.engine === promises.clock
}

export const IF_IT_LOCKS_ROWS: Applies = {
  when: locksRows,
  otherwise: 'it names no ledger whose rows another session could lock',
}

/** So that no name is repeated by another run on the same server. */
const nonce = randomBytes(4).toString('hex')
let lastName = 0

/** A name nobody else has. */
export function fresh(prefix: string): string {
  lastName++
  return `${prefix}-${nonce}-${lastName}`
}

/** Makes one resource with a fresh name. */
export async function resource({ strategy }: Subject, capacity: number): Promise<ResourceId> {
  const id = resourceId(fresh('resource'))
  await strategy.createResources([{ id, capacity }])
  return id
}

/** Makes `count` seats, their ids in ascending order. */
export async function seats({ strategy }: Subject, count: number): Promise<readonly ResourceId[]> {
  const ids = Array.from({ length: count }, (_, at) =>
    resourceId(fresh(`seat-${String(at).padStart(4, '0')}`)),
  )
  await strategy.createResources(ids.map((id) => ({ id, capacity: 1 })))
  return ids
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

/** Holds, and expects to get it. */
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

/** Expects so many units to be free. */
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

/**
 * Waits until the deadline has passed by the engine's clock, however that was read, and the units must be
 * free again.
 */
export async function untilFree(
  { ground, entry }: Pick<Subject, 'ground' | 'entry'>,
  deadlineMs: number,
): Promise<void> {
  await untilPast({ ground }, deadlineMs + entry.promises.freesLateMs)
}

/** Waits until the deadline has passed by the engine's clock, however that was read. */
export async function untilPast({ ground }: Pick<Subject, 'ground'>, deadlineMs: number): Promise<void> {
  await until(`the engine's clock to pass ${deadlineMs}`, async () => {
    const { offsetMs, errorMs } = await ground.readClock()
    const missingMs = deadlineMs - (monotonicMs() + offsetMs - errorMs)
    if (missingMs < 0) return true
    // It is asked again when it should be there; a crowd that asks all the time would have the machine to
    // itself.
    await pause(Math.min(missingMs, PATIENCE_MS))
    return false
  })
}

/** Polls to a deadline; what never comes true is a failure that says what it waited for. */
export async function until(what: string, isTrue: () => Promise<boolean> | boolean): Promise<void> {
  const endsAt = performance.now() + PATIENCE_MS
  while (!(await isTrue())) {
    if (performance.now() > endsAt) throw new ConformanceError(`waited ${PATIENCE_MS} ms for ${what}`)
    await pause(POLL_MS)
  }
}

/** How many of the strategy's sessions wait for a lock, on whatever engine shows it. */
export async function waiters({ ground }: Pick<Subject, 'ground'>): Promise<number> {
  const counts = await Promise.all(
    [...ground.namespaces.values()].map(async ({ onlooker }) => (await onlooker?.waiters()) ?? 0),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

/**
 * Locks the rows that stand for a resource or a hold, in a session of its own, as somebody does who has not
 * committed.
 */
export function lockedByAStranger(
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

/** A gate that buyers come to one by one; `open` lets through all who wait and all who come later. */
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
