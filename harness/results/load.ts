/** The schema of a load over HTTP. */
import { count, figure, object, optional, text } from './schema.ts'

export const LoadSchema = object({
  /** By name. */
  profile: text,
  /** The requested rate of new requests per second; absent in a closed loop. */
  offeredPerSecond: optional(figure),
  /** Requests not sent because the load generator had no free virtual user. */
  droppedIterations: count,
  /** Service processes that share one port. */
  workers: count,
})
