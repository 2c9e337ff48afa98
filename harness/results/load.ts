/** The schema of a load over HTTP. */
import { PercentilesSchema } from './figures.ts'
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
  /** Present if all buyers came in the same instant. */
  spike: optional(
    object({
      buyers: count,
      /** From that instant until a buyer had a ticket or knew that there is none; milliseconds. */
      knowsMs: PercentilesSchema,
      /** Processor time of service and engines meanwhile, in milliseconds; absent if it was not measured. */
      cpuMs: optional(figure),
    }),
  ),
})
