/**
 * Metrics and traces for OpenTelemetry, with the names of its semantic conventions. The process registers an
 * SDK of its own choice before Holdfast starts (`NODE_OPTIONS='--import ./otel.mjs'`); without one, nothing
 * is loaded, and nothing is measured. No attribute holds an id or a value: routes and statements alone.
 */
import { createRequire } from 'node:module'
import type { Attributes, Histogram, Span, TracerProvider } from '@opentelemetry/api'

type Api = typeof import('@opentelemetry/api')

/** Where the API keeps what an SDK has registered, whichever copy of the API it was. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1')
const SCOPE = 'holdfast'
/** What the conventions recommend for HTTP and for databases. */
const HTTP_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const DATABASE_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

/** One HTTP answer; `status` 0: the client left first. */
interface Answered {
  readonly method: string
  readonly route: string
  readonly status: number
}

export interface Telemetry {
  /** `work` belongs to the request. The returned function is called once that was answered. */
  request(work: () => void): (answer: Answered, seconds: number) => void
  /** The returned function is called with the answer, and with the server's code if it failed. */
  statement(system: string, text: string): (failure?: string) => void
  /** How long a caller waited for a connection of the pool. */
  waited(seconds: number): void
  /** How long it kept that connection. */
  used(seconds: number): void
}

/** Undefined where no SDK is registered. */
export function openTelemetry(): Telemetry | undefined {
  const registered: unknown = Reflect.get(globalThis, REGISTERED)
  if (typeof registered !== 'object' || registered === null) return undefined
  if (!('metrics' in registered || 'trace' in registered)) return undefined
  return telemetryOf(createRequire(import.meta.url)('@opentelemetry/api') as Api)
}

function telemetryOf(api: Api): Telemetry {
  const tracer = (api.trace.getTracerProvider() as TracerProvider).getTracer(SCOPE)
  const seconds = histograms(api)
  const pool = { 'db.client.connection.pool.name': SCOPE }
  return {
    request(work) {
      const span = tracer.startSpan('HTTP', { kind: api.SpanKind.SERVER }, api.ROOT_CONTEXT)
      api.context.with(api.trace.setSpan(api.context.active(), span), work)
      return (answer, took) => {
        const attributes = attributesOf(answer)
        seconds.request.record(took, attributes)
        span.updateName(`${answer.method} ${answer.route}`)
        ended(api, span, attributes)
      }
    },
    statement(system, text) {
      const startedMs = performance.now()
      const operation = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? 'QUERY'
      const common = { 'db.system.name': system, 'db.operation.name': operation }
      const span = tracer.startSpan(operation, {
        kind: api.SpanKind.CLIENT,
        attributes: { ...common, 'db.query.text': text },
      })
      return (failure) => {
        const told = failure && { 'db.response.status_code': failure, 'error.type': failure }
        seconds.operation.record((performance.now() - startedMs) / 1_000, { ...common, ...told })
        ended(api, span, { ...told })
      }
    },
    waited: (took) => seconds.wait.record(took, pool),
    used: (took) => seconds.use.record(took, pool),
  }
}

function histograms(api: Api): Readonly<Record<'request' | 'operation' | 'wait' | 'use', Histogram>> {
  const meter = api.metrics.getMeter(SCOPE)
  const histogram = (name: string, description: string, explicitBucketBoundaries: number[]) =>
    meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries } })
  return {
    request: histogram('http.server.request.duration', 'Duration of HTTP server requests.', HTTP_SECONDS),
    operation: histogram(
      'db.client.operation.duration',
      'Duration of database client operations.',
      DATABASE_SECONDS,
    ),
    wait: histogram(
      'db.client.connection.wait_time',
      'The time it took to obtain an open connection from the pool.',
      DATABASE_SECONDS,
    ),
    use: histogram(
      'db.client.connection.use_time',
      'The time between borrowing a connection and returning it to the pool.',
      DATABASE_SECONDS,
    ),
  }
}

function attributesOf({ method, route, status }: Answered): Attributes {
  return {
    'http.request.method': method === 'other' ? '_OTHER' : method,
    'url.scheme': 'http',
    ...(route !== 'none' && { 'http.route': route }),
    ...(status > 0 && { 'http.response.status_code': status }),
    ...(status >= 500 && { 'error.type': String(status) }),
    ...(status === 0 && { 'error.type': 'client-left' }),
  }
}

function ended(api: Api, span: Span, attributes: Attributes): void {
  span.setAttributes(attributes)
  if ('error.type' in attributes) span.setStatus({ code: api.SpanStatusCode.ERROR })
  span.end()
}
