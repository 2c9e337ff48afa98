/**
 * Hash fields: one hash in Redis, `{venue}:units`. A unit that is taken is the field
 * `unit:<number>:<resource>`, which names its hold. A hold is the field `hold:<id>`: its lines as JSON, a
 * line break, and its units as JSON. That field's own expiry is the deadline plus ten years; a sold unit's
 * field never expires. How a hold ended is the field `end:<id>`. The capacity of each resource is
 * `{venue}:resource:<id>`.
 */
export { inIdOrder } from '../writing/lines.ts'
export { answerOf, payloadOf, type RedisConnections, script } from '../writing/redis/script.ts'

/** All keys share one hash tag, so that a script finds them on one node of a cluster. */
export const VENUE = '{venue}'
