/**
 * The record in Redis: a hash for each resource, `{venue}:resource:<id>` (capacity, taken, version, due_us),
 * and for each hold a string, `{venue}:hold:<id>`: status, deadline in microseconds, versions as JSON, and
 * lines as JSON, with one space between them. A sorted set for each resource, `{venue}:live:<resource>`,
 * lists its live holds by their deadline. `{venue}:due` lists resources by a deadline that no live hold on
 * them precedes, which is their `due_us`: a sweeper looks there. No record of a hold is ever deleted.
 */
export { inIdOrder } from '../writing/lines.ts'
export { answerOf, payloadOf, type RedisConnections, script } from '../writing/redis/script.ts'

/** All keys share one hash tag, so that a script may use them on a cluster. */
export const VENUE = '{venue}'
