/**
 * Lets so many requests in at once and turns the rest away at once: a queue without an end answers nobody in
 * time. A place is taken when a request has been read whole, so that slow senders hold none, and kept until
 * its work ends, whether or not its client is still there: what is limited is work.
 */
import type { FastifyInstance } from 'fastify'
import { Lanes } from './lanes.ts'
import type { ServiceMetrics } from './metrics.ts'
import { Problem } from './problems.ts'

/** Requests of monitoring, which must be answered when the service is busiest. Each bounds its own work. */
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

  /** Throws a `Problem` of kind `overloaded` where there is no place. */
  async inside<T>(work: () => Promise<T>): Promise<T> {
    if (this.#taken >= this.#placesMax) {
      this.#metrics.turnedAway('in-flight')
      throw new Problem(
        'overloaded',
        `${this.#placesMax} requests are being answered, which is as many as may be`,
      )
    }
    this.#changeBy(1)
    try {
      return await work()
    } finally {
      this.#changeBy(-1)
    }
  }

  /** For work that goes on after its request was answered: it keeps the place. */
  keepUntil(work: Promise<unknown>): void {
    this.#changeBy(1)
    const ends = (): void => this.#changeBy(-1)
    work.then(ends, ends)
  }

  /** Settles when nothing is being done. */
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

/** To be called before routes are made: their handlers run inside. */
export function admitThrough(app: FastifyInstance, admission: Admission): void {
  const lanes = new Lanes()
  app.addHook('onRoute', (route) => {
    if (ALWAYS_LET_IN.has(route.url)) return
    const { handler } = route
    route.handler = function (request, reply) {
      return lanes.inTurn(request.raw.socket, () =>
        admission.inside(async () => await handler.call(this, request, reply)),
      )
    }
  })
}
