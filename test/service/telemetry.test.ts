/**
 * Goal: a process that has registered an SDK of OpenTelemetry gets metrics and traces under the names of the semantic conventions, with
 * the engine's own code of what failed and without any id or value; without an SDK there is nothing.
 * Method: in-memory exporters; the service over PostgreSQL, commands to Redis, and a client of TigerBeetle that only answers.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, type ContextManager, context, metrics, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { sql } from 'kysely'
import type { Client } from 'tigerbeetle-node'
import { expect, test } from 'vitest'
import { observedTigerbeetle } from '../../harness/engines/tigerbeetle/observed-client.ts'
import { openService } from '../../harness/service/running-service.ts'
import { UNLIMITED } from '../../harness/service/settings.ts'
import { VENUES } from '../../harness/service/venue.ts'
import { openTelemetry } from '../../harness/telemetry.ts'
import { registry } from '../../strategies/registry.ts'
import { withEngines } from '../with-engines.ts'
import { until } from './serving.ts'

const entry = registry.find(({ name }) => name === 'postgres-conditional-update')
if (entry === undefined) throw new Error('there is no such strategy')
const { engines, lacks } = await withEngines(['postgres', 'redis'])

/** That of OpenTelemetry's own package, in short. */
function contextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>()
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (of, work, self, ...args) => storage.run(of, () => Reflect.apply(work, self, args)),
    bind: (_, target) => target,
    enable: () => manager,
    disable: () => manager,
  }
  return manager
}

function registered() {
  const spans = new InMemorySpanExporter()
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 })
  const meters = new MeterProvider({ readers: [reader] })
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }),
  )
  metrics.setGlobalMeterProvider(meters)
  context.setGlobalContextManager(contextManager())
  return {
    spans: () => spans.getFinishedSpans(),
    async points() {
      await reader.forceFlush()
      const scopes = exporter.getMetrics().at(-1)?.scopeMetrics ?? []
      return scopes.flatMap((scope) =>
        scope.metrics.flatMap(({ descriptor, dataPoints }) =>
          dataPoints.map(({ attributes }) => ({ name: descriptor.name, unit: descriptor.unit, attributes })),
        ),
      )
    },
    async [Symbol.asyncDispose]() {
      await meters.shutdown()
      for (const api of [trace, metrics, context]) api.disable()
    },
  }
}

test('without an SDK nothing is observed', () => {
  expect(openTelemetry()).toBeUndefined()
})

test('requests, statements and the pool are told under the names of the conventions', async () => {
  await using sdk = registered()
  await using service = await openService({
    entry,
    engines,
    venue: VENUES.small ?? { events: [] },
    poolSize: 2,
    criticalSectionMs: 0,
    settings: {
      ...UNLIMITED,
      inFlightMax: 10,
      mapAgeMsMax: 0,
      ttlMsMax: 60_000,
      unitsMax: 10,
      allowedHosts: [],
      hasOwnerSecrets: false,
      hasAudit: false,
    },
    workers: 1,
    logLevel: 'silent',
    logSink: process.stderr,
  })
  const { address } = await service.listen('127.0.0.1', 0)
  const held = await fetch(`${address}/reservations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      event_id: 'gig',
      hold_id: 'secret-id',
      lines: [{ id: 'A', quantity: 1 }],
      ttl: 30,
    }),
  })
  expect(held.status).toBe(201)
  await held.text()
  const { postgres } = service.ground.connections
  if (postgres === undefined) throw new Error('no connection to PostgreSQL')
  await expect(sql`select 1 / 0`.execute(postgres)).rejects.toThrow('division by zero')
  await until(() => sdk.spans().some(({ name }) => name === 'POST /reservations'))

  const points = await sdk.points()
  const pool = { 'db.client.connection.pool.name': 'holdfast' }
  for (const expected of [
    {
      name: 'http.server.request.duration',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/reservations',
        'http.response.status_code': 201,
        'url.scheme': 'http',
      },
    },
    {
      name: 'db.client.operation.duration',
      attributes: {
        'db.system.name': 'postgresql',
        'db.operation.name': 'SELECT',
        'db.response.status_code': '22012',
        'error.type': '22012',
      },
    },
    { name: 'db.client.connection.wait_time', attributes: pool },
    { name: 'db.client.connection.use_time', attributes: pool },
  ])
    expect(points).toContainEqual({ ...expected, unit: 's' })
  const request = sdk.spans().find(({ name }) => name === 'POST /reservations')
  const within = sdk
    .spans()
    .filter((span) => span.parentSpanContext?.spanId === request?.spanContext().spanId)
  expect(within.map(({ attributes }) => attributes['db.system.name'])).toContain('postgresql')
  expect(
    JSON.stringify([points, sdk.spans().map(({ attributes, name }) => [attributes, name])]),
  ).not.toContain('secret-id')
})

test.skipIf(lacks(['redis']))('so are commands to Redis, each of a pipeline by itself', async () => {
  await using sdk = registered()
  await using space = await engines.redis?.openNamespace({ label: 'telemetry' })
  const [client] = space?.clients ?? []
  if (client === undefined) throw new Error('no client of Redis')
  await client.pipeline().set('secret-id', 'secret-value').get('secret-id').exec()
  await expect(client.incr('secret-id')).rejects.toThrow('not an integer')
  await expect(client.lpush('secret-id', 1)).rejects.toThrow('WRONGTYPE')

  const points = await sdk.points()
  const of = (name: string, more = {}) => ({
    name: 'db.client.operation.duration',
    unit: 's',
    attributes: { 'db.system.name': 'redis', 'db.operation.name': name, ...more },
  })
  for (const expected of [
    of('SET'),
    of('GET'),
    of('INCR', { 'db.response.status_code': 'ERR', 'error.type': 'ERR' }),
    of('LPUSH', { 'db.response.status_code': 'WRONGTYPE', 'error.type': 'WRONGTYPE' }),
  ])
    expect(points).toContainEqual(expected)
  expect(sdk.spans().map(({ attributes }) => attributes['db.query.text'])).toContain('SET ? ?')
  expect(JSON.stringify([points, sdk.spans().map(({ attributes }) => attributes)])).not.toContain('secret')
})

test('so are requests to TigerBeetle, whose refusals are no failures', async () => {
  await using sdk = registered()
  const answering = {
    createTransfers: async (batch: readonly unknown[]) => batch.map(() => ({ status: 54 })),
    lookupAccounts: () => Promise.reject(Object.assign(new Error('closed'), { code: 'ERR_CLIENT_CLOSED' })),
  } as unknown as Client
  const client = observedTigerbeetle(answering)
  const two = [{ id: 1n }, { id: 2n }] as Parameters<Client['createTransfers']>[0]
  expect(await client.createTransfers(two)).toEqual([{ status: 54 }, { status: 54 }])
  await expect(client.lookupAccounts([1n])).rejects.toThrow('closed')

  const common = { 'db.system.name': 'tigerbeetle' }
  expect((await sdk.points()).map(({ attributes }) => attributes)).toEqual([
    { ...common, 'db.operation.name': 'create_transfers' },
    { ...common, 'db.operation.name': 'lookup_accounts', 'error.type': 'ERR_CLIENT_CLOSED' },
  ])
  expect(sdk.spans()[0]?.attributes).toMatchObject({ 'db.operation.batch.size': 2 })
})
