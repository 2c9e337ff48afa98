/**
 * The service's metrics for Prometheus. Each service has its own registry, so that two in one process do not
 * mix; those of several workers are added up.
 */
import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { eventLoopGauges, type PoolReader, poolGauges } from './metrics-gauges.ts'

export type OperationName = 'hold' | 'confirm' | 'release' | 'availability' | 'lookup'

/** From a Redis script to a queue for a contended row. */
const SECONDS_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10]
const CALLERS_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 8_192]

/** Numbers of callers, except `count`, the number of batches. */
export interface BatchFigures {
  readonly count: number
  readonly callers: number
  readonly p95: number
  readonly max: number
}

/** The metrics of one process, as plain data. */
export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** Why a request was refused without being handled. */
export type TurnedAwayBy = 'in-flight' | 'event-loop' | 'client-rate' | 'client-connections' | 'bulk'

/** One HTTP answer. `route` is the pattern, not the path, so that there are few. */
export interface HttpAnswer {
  readonly method: string
  readonly route: string
  readonly status: number
}

export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

/** The metrics of several processes as one, in Prometheus's text format. */
export function summedMetrics(all: readonly MetricsSnapshot[]): Promise<string> {
  return AggregatorRegistry.aggregate([...all]).metrics()
}

export class ServiceMetrics {
  readonly #registry = new Registry()
  readonly #operations: Counter<'operation' | 'outcome'>
  readonly #seconds: Histogram<'operation'>
  readonly #http: Counter<'method' | 'route' | 'status'>
  readonly #httpSeconds: Histogram<'method' | 'route' | 'status'>
  readonly #batches: Histogram
  readonly #turnedAway: Counter<'by'>
  readonly #swept: Counter
  readonly #workers: Gauge
  readonly #restarts: Gauge
  readonly #callers: number[] = []
  #inFlight = 0

  constructor(pool: PoolReader) {
    const registers = [this.#registry]
    this.#operations = new Counter({
      name: 'holdfast_operations_total',
      help: 'Answers of the strategy by operation and outcome, including unknown ones.',
      labelNames: ['operation', 'outcome'],
      registers,
    })
    this.#seconds = new Histogram({
      name: 'holdfast_operation_seconds',
      help: 'From the call of the strategy to its answer.',
      labelNames: ['operation'],
      buckets: SECONDS_BUCKETS,
      registers,
    })
    const labelNames = ['method', 'route', 'status'] as const
    this.#http = new Counter({
      name: 'holdfast_http_requests_total',
      help: 'Requests by route and status; 0 if the client disconnected before the answer.',
      labelNames,
      registers,
    })
    this.#httpSeconds = new Histogram({
      name: 'holdfast_http_request_seconds',
      help: 'From the head of a request to the end of its answer.',
      labelNames,
      buckets: SECONDS_BUCKETS,
      registers,
    })
    this.#batches = new Histogram({
      name: 'holdfast_batch_callers',
      help: 'Callers per batch; absent if the strategy does not batch.',
      buckets: CALLERS_BUCKETS,
      registers,
    })
    const inFlight = () => this.#inFlight
    new Gauge({
      name: 'holdfast_requests_in_flight',
      help: 'Requests in progress, including those whose clients disconnected.',
      registers,
      collect() {
        this.set(inFlight())
      },
    })
    this.#turnedAway = new Counter({
      name: 'holdfast_requests_turned_away_total',
      help: 'Requests and connections that were refused at once, by the limit that was reached.',
      labelNames: ['by'],
      registers,
    })
    this.#swept = counter('holdfast_swept_holds_total', 'Due holds that were expired.', registers)
    this.#workers = gauge('holdfast_workers', 'Serving processes.', registers)
    this.#restarts = gauge('holdfast_worker_restarts', 'Restarted processes.', registers)
    this.#workers.set(0)
    poolGauges(this.#registry, pool)
  }

  operation(operation: OperationName, outcome: string, seconds: number): void {
    this.#operations.inc({ operation, outcome })
    this.#seconds.observe({ operation }, seconds)
  }

  answered({ method, route, status }: HttpAnswer, seconds: number): void {
    const labels = { method, route, status: String(status) }
    this.#http.inc(labels)
    this.#httpSeconds.observe(labels, seconds)
  }

  batch(callers: number): void {
    this.#batches.observe(callers)
    // By size: there are never more sizes than a batch can have callers.
    this.#callers[callers] = (this.#callers[callers] ?? 0) + 1
  }

  inFlight(requests: number): void {
    this.#inFlight = requests
  }

  turnedAway(by: TurnedAwayBy): void {
    this.#turnedAway.inc({ by })
  }

  swept(holds: number): void {
    this.#swept.inc(holds)
  }

  workers({ serving, restarts }: { readonly serving: number; readonly restarts: number }): void {
    this.#workers.set(serving)
    this.#restarts.set(restarts)
  }

  /** Observes this process until the returned function is called. */
  watchEventLoop(): () => void {
    return eventLoopGauges(this.#registry)
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  snapshot(): Promise<MetricsSnapshot> {
    return this.#registry.getMetricsAsJSON()
  }

  /** Batches sent so far, and the number of callers in all of them and in the larger ones. */
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

function counter(name: string, help: string, registers: Registry[]): Counter {
  return new Counter({ name, help, registers })
}

function gauge(name: string, help: string, registers: Registry[]): Gauge {
  return new Gauge({ name, help, registers })
}
