/**
 * Metrics and traces for OpenTelemetry, with the names of its semantic conventions. The process registers an
 * SDK of its own choice before Holdfast starts (`NODE_OPTIONS='--import ./otel.mjs'`); without one, nothing
 * is loaded, and nothing is measured. No attribute holds an id or a value: routes, and statements without
 * their values.
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

/** One operation on an engine. */
interface EngineOperation {
  /** As `db.system.name` has it. */
  readonly system: string
  /** As the engine has it: SELECT, EVALSHA, create_transfers. */
  readonly name: string
  /** Without any value. */
  readonly text?: string
  /** How many of the same it asks for at once. */
  readonly batch?: number
}

/** Why an operation failed. */
export interface OperationFailure {
  readonly type: string
  /** The engine's own code, if it was the engine that answered so. */
  readonly code?: string
}

export interface Telemetry {
  /** `work` belongs to the request. The returned function is called once that was answered. */
  request(work: () => void): (answer: Answered, seconds: number) => void
  /** The returned function is called with the answer, and with the reason if it failed. */
  operation(of: EngineOperation): (failure?: OperationFailure) => void
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
    operation({ system, name, text, batch = 1 }) {
      const startedMs = performance.now()
      const common = { 'db.system.name': system, 'db.operation.name': name }
      const span = tracer.startSpan(name, {
        kind: api.SpanKind.CLIENT,
        attributes: {
          ...common,
          ...(text !== undefined && { 'db.query.text': text }),
          // The conventions give one that stands alone no size.
          ...(batch > 1 && { 'db.operation.batch.size': batch }),
        },
      })
      return (failure) => {
        const told = failure && failureAttributes(failure)
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

function failureAttributes({ type, code }: OperationFailure): Attributes {
  return { 'error.type': type, ...(code !== undefined && { 'db.response.status_code': code }) }
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
