/**
 * What the service tells Prometheus. Each service has a registry of its own, so that two in
 * one process do not meet.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export type OperationName = 'hold' | 'confirm' | 'release' | 'availability' | 'lookup'

/** From a scripted Redis call to a queue behind a hot row. */
const SECONDS_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10]
const CALLERS_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 8_192]

/** Read whenever somebody asks for metrics. */
export interface PoolReader {
  readMeter(): {
    readonly poolWaitMs: { readonly p50: number; readonly p95: number; readonly p99: number }
    readonly connectionSeconds: number
  }
}

/** In callers, but for `count`, which is of batches. */
export interface BatchFigures {
  readonly count: number
  readonly callers: number
  readonly p95: number
  readonly max: number
}

export class ServiceMetrics {
  readonly registry = new Registry()
  readonly #operations: Counter<'operation' | 'outcome'>
  readonly #seconds: Histogram<'operation'>
  readonly #batches: Histogram
  readonly #inFlight: Gauge
  readonly #turnedAway: Counter
  readonly #callers: number[] = []

  constructor(pool: PoolReader) {
    const registers = [this.registry]
    this.#operations = new Counter({
      name: 'holdfast_operations_total',
      help: 'Answers of the strategy by operation and outcome; unknown ones included.',
      labelNames: ['operation', 'outcome'],
      registers,
    })
    this.#seconds = new Histogram({
      name: 'holdfast_operation_seconds',
      help: 'From asking the strategy to its answer.',
      labelNames: ['operation'],
      buckets: SECONDS_BUCKETS,
      registers,
    })
    this.#batches = new Histogram({
      name: 'holdfast_batch_callers',
      help: 'Callers whose requests travelled together; nothing where the strategy does not batch.',
      buckets: CALLERS_BUCKETS,
      registers,
    })
    this.#inFlight = new Gauge({
      name: 'holdfast_requests_in_flight',
      help: 'Requests that are being answered.',
      registers,
    })
    this.#turnedAway = new Counter({
      name: 'holdfast_requests_turned_away_total',
      help: 'Requests that were answered 503 at once, because too many were in flight.',
      registers,
    })
    new Gauge({
      name: 'holdfast_pool_wait_seconds',
      help: 'The wait for a pooled connection, since the service began.',
      labelNames: ['quantile'],
      registers,
      collect() {
        const { p50, p95, p99 } = pool.readMeter().poolWaitMs
        this.set({ quantile: '0.5' }, p50 / 1_000)
        this.set({ quantile: '0.95' }, p95 / 1_000)
        this.set({ quantile: '0.99' }, p99 / 1_000)
      },
    })
    new Gauge({
      name: 'holdfast_connection_seconds',
      help: 'Time that pooled connections were held, all together.',
      registers,
      collect() {
        this.set(pool.readMeter().connectionSeconds)
      },
    })
  }

  operation(operation: OperationName, outcome: string, seconds: number): void {
    this.#operations.inc({ operation, outcome })
    this.#seconds.observe({ operation }, seconds)
  }

  batch(callers: number): void {
    this.#batches.observe(callers)
    // By size: there are never more of them than a batch can have callers.
    this.#callers[callers] = (this.#callers[callers] ?? 0) + 1
  }

  inFlight(requests: number): void {
    this.#inFlight.set(requests)
  }

  turnedAway(): void {
    this.#turnedAway.inc()
  }

  /** Batches sent so far, the callers in them all, and in the larger ones. */
  batches(): BatchFigures {
    let count = 0
    let callers = 0
    for (const [size, times = 0] of this.#callers.entries()) {
      count += times
      callers += size * times
    }
    let below = 0
    const p95 = this.#callers.findIndex((times = 0) => {
      below += times
      return below >= count * 0.95
    })
    return { count, callers, p95: Math.max(0, p95), max: Math.max(0, this.#callers.length - 1) }
  }
}
