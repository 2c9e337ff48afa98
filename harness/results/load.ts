/** How a load generator offered its requests to the service. */
import { count, figure, object, optional, text } from './schema.ts'

export const LoadSchema = object({
  /** By name. */
  profile: text,
  /** Requests begun per second, as was asked for; absent in a closed loop. */
  offeredPerSecond: optional(figure),
  /** Requests that should have begun and could not: the generator had nobody left to send. */
  droppedIterations: count,
  /** Processes of the service behind one port. */
  workers: count,
})
