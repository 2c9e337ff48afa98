/**
 * The record in Redis: a hash for each resource, `{venue}:resource:<id>` (capacity, taken, version), and for
 * each hold, `{venue}:hold:<id>` (status, payload, deadline_us, versions). Sorted sets list live holds by
 * their deadline in microseconds: `{venue}:live` lists all of them, `{venue}:live:<resource>` those of one
 * resource. Nothing is ever deleted.
 */
export { inIdOrder } from '../writing/lines.ts'
export { answerOf, payloadOf, type RedisConnections, script } from '../writing/redis/script.ts'

/** All keys share one hash tag, so that a script may use them on a cluster. */
export const VENUE = '{venue}'
