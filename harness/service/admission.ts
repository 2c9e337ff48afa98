/**
 * Limits concurrent requests, and refuses the rest immediately: with an unbounded queue, all answers would be
 * late. A request takes a slot once its body has been read, so that slow senders hold none, and keeps it
 * until its work ends, even if the client has disconnected: the limit is on work.
 */
import type { FastifyInstance } from 'fastify'
import { Lanes } from './lanes.ts'
import type { ServiceMetrics } from './metrics.ts'
import { Problem } from './problems.ts'

/** Monitoring endpoints, which must answer when the service is busiest. Each limits its own work. */
export const ALWAYS_LET_IN: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics', '/audit'])

export class Admission {
  readonly #placesMax: number
  readonly #metrics: ServiceMetrics
  #taken = 0
  #whenIdle: (() => void)[] = []

  constructor(placesMax: number, metrics: ServiceMetrics) {
    this.#placesMax = placesMax
    this.#metrics = metrics
  }

  /** Throws a `Problem` of kind `overloaded` if there is no free slot. */
  async inside<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#taken >= this.#placesMax) {
      this.#metrics.turnedAway('in-flight')
      throw new Problem('overloaded', `${this.#placesMax} requests are being answered, which is the maximum`)
    }
    this.#changeBy(1)
    try {
      return await work()
    } finally {
      this.#changeBy(-1)
    }
  }

  /** For work that continues after its request was answered: it keeps the slot. */
  keepUntil(work: Promise<unknown>): void {
    this.#changeBy(1)
    const ends = (): void => this.#changeBy(-1)
    work.then(ends, ends)
  }

  /** Settles when no work is in progress. */
  idle(): Promise<void> {
    if (this.#taken === 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  #changeBy(places: number): void {
    this.#taken += places
    this.#metrics.inFlight(this.#taken)
    if (this.#taken > 0) return
    for (const tell of this.#whenIdle.splice(0)) tell()
  }
}

/** Must be called before routes are registered: their handlers run inside it. */
export function admitThrough(app: FastifyInstance, admission: Admission): void {
  const lanes = new Lanes()
  app.addHook('onRoute', (route) => {
    if (ALWAYS_LET_IN.has(route.url)) return
    const { handler } = route
    route.handler = function (request, reply) {
      return lanes.inTurn(request.raw.socket, () =>
        admission.inside(() => handler.call(this, request, reply)),
      )
    }
  })
}
