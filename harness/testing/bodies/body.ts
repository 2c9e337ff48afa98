/** What a reader writes to have a test body explored: the body, what it is handed, and its options. */
import type { Redis } from 'ioredis'
import type { Knex } from 'knex'
import type { Kysely } from 'kysely'
import type pg from 'pg'

/** Connections of one client, which no other client shares. Each statement is one step of a schedule. */
export interface BodyClient {
  readonly name: string
  /** In the place of a pg.Pool, for pg itself and for what is built on it: `drizzle({ client: pg })`. */
  readonly pg: pg.Pool
  /** A Kysely instance on the same connections. */
  kysely<Database>(): Kysely<Database>
  /** A Knex instance on the same connections. */
  knex(): Knex
  /**
   * An address for code that opens connections to PostgreSQL itself, in any language: `postgres://…`. Each
   * request that comes there is a step.
   */
  postgresUrl(): Promise<string>
  /** In the place of an ioredis client. Its keys have a prefix that no other run shares. */
  readonly redis: Redis
}

export interface BodyOf {
  /** The client of this name; the same one each time. The order of the first calls numbers them. */
  client(name: string): BodyClient
}

/** Runs once for each schedule, from the same empty tables and keys. It fails by throwing. */
export type Body = (of: BodyOf) => unknown

/** Of whose libraries connections can be lent. */
export type BodyEngine = 'postgres' | 'redis'

/** What engines lend, under the names that `BodyClient` has. */
export const LENDABLE = [
  'pg',
  'kysely',
  'knex',
  'postgresUrl',
  'redis',
] as const satisfies readonly (keyof BodyClient)[]

/**
 * What may happen besides, between any two statements: the explorer chooses where. In a schedule time passes
 * at most once, and at most one connection is lost.
 */
export interface BodyEvents {
  /** So many milliseconds pass at once, on the clocks of the engines and on the body's `Date`. */
  readonly timePassesMs?: number
  /** The connections that a client has in hand are cut: what it has not committed is undone. */
  readonly connectionCut?: boolean
  /** A statement is executed, and its connection is cut before the answer. */
  readonly answerLost?: boolean
}

/** Seeded schedules instead of all of them, for more clients than all orders can be tried of. */
export interface RandomSchedules {
  readonly schedules: number
  /** By default HOLDFAST_SEED, or another one each time. */
  readonly seed?: number
  /** How many places of a schedule must fall in a certain order for the race; 3 by default. */
  readonly depth?: number
}

export interface BodyOptions {
  /** Those that the body uses. */
  readonly engines: readonly BodyEngine[]
  /** Makes the tables, once. What they hold is removed before each schedule. */
  setup?(client: BodyClient): unknown
  /** Makes the first rows and keys, before each schedule. */
  before?(client: BodyClient): unknown
  /**
   * Asserts of what the body has left, after each schedule. Its statements are no steps, and no event meets
   * them. `returned`: by the body.
   */
  after?(client: BodyClient, returned: unknown): unknown
  /** In the replay key; by default the name of the test that runs, in vitest and Jest. */
  readonly name?: string
  /** How the test is started again, as a failure prints it; by default as in vitest and Jest. */
  readonly command?: string
  /**
   * The clients share nothing in the process: no variable, cache, lock or queue. Then of schedules that
   * differ only in the order of independent statements, one is run.
   */
  readonly clientsShareNothing?: boolean
  /** Without it, nothing happens but what the clients do. */
  readonly events?: BodyEvents
  readonly random?: RandomSchedules
  /** Where there are more, nothing is proved. 20,000 by default. */
  readonly schedulesMax?: number
  /** For all schedules, in milliseconds; then nothing is proved. One minute by default. */
  readonly timeMaxMs?: number
  /** How long the body may neither send a statement nor end, in milliseconds. 5,000 by default. */
  readonly patienceMs?: number
  /** Plays this schedule alone; by default HOLDFAST_REPLAY. */
  readonly replay?: string
  readonly signal?: AbortSignal
}

/** What was shown. Anything else is thrown. */
export interface BodyExplored {
  /**
   * `proved`: the body passes in every interleaving. `not-found`: it passes in the random schedules that
   * were run. `replayed`: in the one that was replayed. `not-run`: another test is replayed.
   */
  readonly outcome: 'proved' | 'not-found' | 'replayed' | 'not-run'
  readonly schedules: number
  readonly clients: readonly string[]
  /** What it does not show, one sentence each. */
  readonly limits: readonly string[]
  /** One paragraph for a reader. */
  readonly text: string
}
