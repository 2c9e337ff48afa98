/**
 * What a conformance case is given: a strategy on a fresh set of tables, fresh names, and an onlooker beside the
 * strategy's own connections who can lock rows, read the engine's clock and see who waits.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import { expect } from 'vitest'
import { monotonicMs } from '../../harness/clock.ts'
import type { Engines } from '../../harness/engines/open.ts'
import type { PostgresNamespace } from '../../harness/engines/postgres/namespace.ts'
import type { Ground } from '../../harness/ground/ground.ts'
import { prepareGround } from '../../harness/ground/ground.ts'
import { postgresIn } from '../../strategies/ledgers/stores.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type {
  HoldId,
  HoldOutcome,
  HoldRequest,
  ReservationStrategy,
  ResourceId,
} from '../../strategies/strategy.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'

/** Long enough that no test sees it pass. */
export const LONG_TTL_MS = 600_000
/** The shortest there is. */
export const SHORT_TTL_MS = 1_000
/** Nothing here takes seconds on an idle machine; this only ends a test that will never end by itself. */
const PATIENCE_MS = 30_000
const POLL_MS = 5
const POOL_SIZE = 16

/** One property of the contract, tried on one strategy. */
export interface Case {
  readonly name: string
  /** Absent: every strategy must pass. */
  readonly appliesTo?: (entry: StrategyEntry) => boolean
  /** It counts who waits, or sweeps what is due, so no other case may share its tables. */
  readonly alone?: true
  run(subject: Subject): Promise<void>
}

/** A strategy under test. */
export interface Subject {
  readonly entry: StrategyEntry
  readonly strategy: ReservationStrategy
  /** The same strategy through connections of its own, as a second process would have it. */
  readonly other: ReservationStrategy
  readonly ground: Ground
  /** What the application does between read and write, for both; replaced by cases that want to stop a buyer there. */
  criticalSection: () => Promise<void>
}

export type Lines = Readonly<Record<string, number>>

/** Opens a strategy twice on one ground and lets `use` have it. */
async function withSubject(
  entry: StrategyEntry,
  ground: Ground,
  use: (subject: Subject) => Promise<void>,
): Promise<void> {
  const settings = { criticalSection: () => subject.criticalSection(), random: Math.random }
  const subject: Subject = {
    entry,
    strategy: await entry.open(ground.connections, settings),
    other: await entry.open(ground.connections, settings),
    ground,
    criticalSection: async () => {},
  }
  try {
    await use(subject)
  } finally {
    await subject.strategy.close()
    await subject.other.close()
  }
}

/** Fresh tables and keys for one strategy's cases. */
export function groundFor(entry: StrategyEntry, engines: Engines): Promise<Ground> {
  return prepareGround(entry, engines, POOL_SIZE)
}

/** Tries one case: on the strategy's shared ground, or on one of its own. */
export async function tryCase(
  { alone, run }: Case,
  entry: StrategyEntry,
  engines: Engines,
  shared: Ground,
): Promise<void> {
  if (alone !== true) return withSubject(entry, shared, run)
  const own = await groundFor(entry, engines)
  try {
    await withSubject(entry, own, run)
  } finally {
    await own.dispose()
  }
}

/** Whether holds are rows of PostgreSQL, which a stranger can lock and in whose locks a waiter shows. */
export function locksRows({ engines, promises }: StrategyEntry): boolean {
  return engines.includes('postgres') && promises.clock === 'postgres'
}

let lastName = 0

/** A name nobody else has. */
export function fresh(prefix: string): string {
  lastName++
  return `${prefix}-${lastName}`
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
  expect(outcome).toMatchObject({ kind: 'held' })
  return { id: asked.holdId, deadlineMs: outcome.kind === 'held' ? outcome.deadlineMs : Number.NaN }
}

export async function available({ strategy }: Subject, id: ResourceId): Promise<number | undefined> {
  const [answer] = await strategy.availability([id])
  return answer?.available
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

/** Waits until the deadline has passed by the engine's clock, however that was read, and the units must be free again. */
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
    // It is asked again when it should be there; a crowd that asks all the time would have the machine to itself.
    await pause(Math.min(missingMs, PATIENCE_MS))
    return false
  })
}

/** A session of an onlooker's, on the tables of the strategy. */
export async function asOnlooker<T>(
  { ground }: Pick<Subject, 'ground'>,
  use: (session: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const session = await postgresIn(ground.stores).observer.connect()
  try {
    return await use(session)
  } finally {
    await session.query('rollback')
    session.release()
  }
}

/** How many of the strategy's sessions wait for a lock. */
export function waiters(subject: Pick<Subject, 'ground'>): Promise<number> {
  return asOnlooker(subject, async (session) => {
    const { rows } = await session.query<{ waiting: number }>(
      `select count(*)::integer as waiting from pg_stat_activity
       where application_name = $1 and cardinality(pg_blocking_pids(pid)) > 0`,
      [(subject.ground.namespaces.get('postgres') as PostgresNamespace | undefined)?.schema],
    )
    return rows[0]?.waiting ?? 0
  })
}

/** Polls to a deadline; what never comes true is a failure that says what it waited for. */
export async function until(what: string, isTrue: () => Promise<boolean> | boolean): Promise<void> {
  const endsAt = performance.now() + PATIENCE_MS
  while (!(await isTrue())) {
    if (performance.now() > endsAt) throw new Error(`waited ${PATIENCE_MS} ms for ${what}`)
    await pause(POLL_MS)
  }
}

/** Locks the rows that stand for a resource, in a session of the onlooker's, as a buyer does who has not committed. */
export function lockedByAStranger(
  subject: Subject,
  id: ResourceId,
  during: () => Promise<void>,
): Promise<void> {
  return asOnlooker(subject, async (session) => {
    await session.query('begin')
    await session.query('select from resource where id = $1 for update', [id])
    const { rows } = await session.query<{ has_units: boolean }>(
      `select to_regclass('unit') is not null as has_units`,
    )
    if (rows[0]?.has_units === true)
      await session.query('select from unit where resource_id = $1 for update', [id])
    await during()
  })
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
