/** Messages between the bench of seat maps and its processes. */

/** How viewers get the map. */
export const WAYS = ['scan', 'json', 'bitmap', 'deltas'] as const
export type Way = (typeof WAYS)[number]

interface CrowdOrder {
  /** Of the server, on this machine. */
  readonly port: number
  /** The address of this machine from which they come. */
  readonly from: string
  readonly seconds: number
}

export type CrowdJob =
  /** Each looks at once, and then again and again at this distance; or keeps a stream open. */
  | (CrowdOrder & {
      readonly kind: 'viewers'
      readonly viewers: number
      readonly everySeconds: number
      readonly way: Way
    })
  /** Each asks for another seat, at its intended time. */
  | (CrowdOrder & { readonly kind: 'buyers'; readonly perSecond: number; readonly seats: number })

export interface CrowdTold {
  readonly asked: number
  readonly answered: number
  /** Of the answers, everything that came over the connection. */
  readonly bytes: number
  /** Milliseconds from the intended time; infinite where fewer were answered. */
  readonly p50: number
  readonly p95: number
  readonly cpuMs: number
}
