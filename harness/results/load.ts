/** How a load generator offered its wishes to the service. */
import { count, figure, object, optional, text } from './schema.ts'

export const LoadSchema = object({
  /** By name. */
  profile: text,
  /** Wishes begun per second, as was asked for; absent in a closed loop. */
  offeredPerSecond: optional(figure),
  /** Wishes that should have begun and could not: the generator had nobody left to send. */
  droppedIterations: count,
  /** Processes of the service behind one port. */
  workers: count,
})
