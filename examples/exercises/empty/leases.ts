/**
 * Where an exercise on leases in Redis begins with nothing. `holdfast exercise N --empty` puts its task here.
 */
import { randomUUID } from 'node:crypto'
import {
  type Claim,
  covers,
  type FreeUnits,
  insertHold,
  inTransaction,
  isHoldIdTaken,
  type PostgresConnections,
  reservationsOn,
  takeUnits,
} from 'holdfast/postgres'
import { type RedisConnections, script } from 'holdfast/redis'
import type { HoldOutcome, HoldRequest, ReservationStrategy, StrategySettings } from 'holdfast/strategy'
import { sql } from 'kysely'

/** Holds are in PostgreSQL, leases in Redis. */
export const engines = ['postgres', 'redis']

/**
 * How holds are stored, so that the store can be read without this code: `resource` (id, capacity, taken,
 * version, fence), `hold` (id, status, deadline), `hold_line` (hold_id, line, resource_id, quantity, status,
 * version, deadline). Delete this line if you write them down elsewhere.
 */
export const ledger = 'counter-rows'

/** What a caller does when another one was first: `polls`, or `waits`, `gives-up`, `retries`, `never`. */
export const promises = { contention: 'polls' }

/**
 * Write a claim, and {@link reservationsOn} makes the seven methods around it: tables, repeats, expiry.
 *
 *     return reservationsOn(db, { attemptsMax: 20, random: settings.random, claim: async (request) => … })
 *
 * Or write methods yourself, some or all; `hold` makes a {@link HoldOutcome} of a {@link HoldRequest}.
 *
 *     return { ...reservationsOn(db, { claim }), async confirm(holdId) { … } }
 *
 * A claim answers a {@link Claim}: `claimed` with its deadline, `short` if some line has too few free units,
 * `contended` if another caller was first and it may be tried again. To build it with:
 *
 * - `redis[0].set(key, token, 'PX', 3_000, 'NX')`: 'OK' for the one who has the lease now, for three seconds;
 *   {@link randomUUID} makes a token that nobody else has; `redis` has all nodes;
 * - {@link script}: a Lua script, which the server runs in one step;
 * - {@link sql}: a statement, such as sql<FreeUnits>`select …`.execute(tx);
 * - {@link inTransaction}: commits if it has claimed, and otherwise rolls back;
 * - {@link FreeUnits}, {@link covers}: units that were read as free, and whether each line has enough;
 * - {@link takeUnits}: counts units as taken, without looking again, and then writes the hold;
 * - {@link insertHold}: writes the hold, gives it its deadline, and fails for an id that is there;
 * - {@link isHoldIdTaken}: tells that failure;
 * - `settings.criticalSection()`: what an application does between the read, or the lock, and the commit.
 *   Await it there, if your technique has such a place.
 */
export function create(
  { postgres: db, redis }: PostgresConnections & RedisConnections,
  settings: StrategySettings,
): ReservationStrategy {
  return {
    /** Makes tables and resources that are not there yet. Called before any hold. */
    async createResources(resources) {
      return notWritten('createResources', { db, resources })
    },
    /**
     * Claims all lines of the request until its deadline, or none. The same id with the same lines has one
     * effect and one answer, however often and at whatever moment it comes.
     */
    async hold(request) {
      return notWritten('hold', { db, redis, settings, request })
    },
    /** Makes a live hold a sale, once; never after its deadline. A repeated call has the same answer. */
    async confirm(holdId) {
      return notWritten('confirm', { db, holdId })
    },
    /** Ends a live hold early: its units are free again, once. A sale stays one. */
    async release(holdId) {
      return notWritten('release', { db, holdId })
    },
    /** How many units of each are free; those of due holds are. */
    async availability(resourceIds) {
      return notWritten('availability', { db, resourceIds })
    },
    /** Frees up to so many due holds, and answers how many it were. */
    async expireDue(limit) {
      return notWritten('expireDue', { db, limit })
    },
    /** Ends what the strategy itself has started, such as timers. The connections stay open. */
    async close() {
      return notWritten('close', {})
    },
  }
}

/** What is not written yet says so. `given`: what there is to write it with. */
function notWritten(method: string, _given: object): never {
  throw Object.assign(new Error(`${method} is not written yet`), { code: 'not-written' })
}
