/**
 * A service with everything that it stands on: engines' tables and keys of its own, the
 * strategy, what is on sale.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy, Resource } from '../../strategies/strategy.ts'
import type { MeterReading } from '../engines/engine.ts'
import { codeOf } from '../engines/engine-error.ts'
import type { Engines } from '../engines/open.ts'
import { type Ground, prepareGround } from '../ground/ground.ts'
import type { Batches, Percentiles } from '../results/figures.ts'
import { closeInTime } from './drain.ts'
import { ServiceMetrics } from './metrics.ts'
import { createService, loadVenue } from './service.ts'
import { readerOf } from './store-reader.ts'
import { resourcesOf, type Venue } from './venue.ts'
import type { WorkerFigures } from './worker-messages.ts'
import { startWorkers, type Workers } from './workers.ts'

export interface ServiceOrder {
  readonly entry: StrategyEntry
  readonly engines: Engines
  readonly venue: Venue
  /** Of each process. */
  readonly poolSize: number
  readonly inFlightMax: number
  readonly mapAgeMsMax: number
  readonly criticalSectionMs: number
  readonly hasAudit: boolean
  /** Processes behind the one port; 1 serves from this one. */
  readonly workers: number
}

/**
 * Of several processes: percentiles of the one that had it worst, since they cannot be
 * added up; else all together.
 */
interface ServiceFigures extends MeterReading {
  /** Callers per batch, over all processes; absent where the strategy does not batch. */
  readonly batches: Batches | undefined
}

export interface RunningService extends AsyncDisposable {
  /** Seats and GA tiers on sale. */
  readonly resources: number
  /** The same, one by one. */
  readonly onSale: readonly Resource[]
  /** For whoever audits it from within, past HTTP. */
  readonly strategy: ReservationStrategy
  readonly ground: Ground
  /** Answers the address. To be called once. Throws `AddressError` where it cannot be listened on. */
  listen(host: string, port: number): Promise<string>
  figures(): Promise<ServiceFigures>
}

/** The address is somebody else's, or nobody's. The message is one sentence. */
export class AddressError extends Error {
  override readonly name = 'AddressError'
  readonly code = 'address'
}

/** The process that owns a service which workers answer for makes and reads, one after another. */
const OWNERS_POOL_SIZE = 2

/** On dispose it answers what is in flight, then drops what it made. */
export async function openService(order: ServiceOrder): Promise<RunningService> {
  const { entry, engines, venue, poolSize, criticalSectionMs, workers: count, ...served } = order
  await using undo = new AsyncDisposableStack()
  const ground = undo.adopt(
    await prepareGround(entry, engines, count === 1 ? poolSize : OWNERS_POOL_SIZE),
    (each) => each.dispose(),
  )
  const metrics = new ServiceMetrics(ground)
  const strategy = undo.adopt(
    await entry.open(ground.connections, {
      criticalSection: criticalSectionMs > 0 ? () => delay(criticalSectionMs) : async () => {},
      onBatch: (callers) => metrics.batch(callers),
      random: Math.random,
    }),
    (each) => each.close(),
  )
  const resources = await loadVenue(strategy, venue)
  const store = readerOf(entry, ground.stores)
  let workers: Workers | undefined

  async function listenHere(host: string, port: number): Promise<string> {
    const app = owned.adopt(
      await createService({ ...served, name: entry.name, strategy, store, venue, metrics, hasSetup: false }),
      closeInTime,
    )
    return app.listen({ host, port })
  }

  async function listenWithWorkers(host: string, port: number): Promise<string> {
    const { inFlightMax, mapAgeMsMax, hasAudit } = served
    const job = {
      strategy: entry.file === undefined ? { name: entry.name } : { file: entry.file },
      attachment: ground.attachment(poolSize),
      venue,
      criticalSectionMs,
      mapAgeMsMax,
      hasAudit,
      host,
      port,
      // Together as many as were asked for.
      inFlightMax: Math.ceil(inFlightMax / count),
    }
    workers = owned.use(await startWorkers(count, job, store))
    return workers.address
  }

  const owned = undo.move()
  return {
    resources,
    onSale: venue.events.flatMap(resourcesOf),
    strategy,
    ground,
    listen: (host, port) =>
      (count === 1 ? listenHere(host, port) : listenWithWorkers(host, port)).catch((error: unknown) => {
        throw addressError(error, host, port) ?? error
      }),
    async figures() {
      return summedUp((await workers?.figures()) ?? [{ ...ground.readMeter(), batches: metrics.batches() }])
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function addressError(error: unknown, host: string, port: number): AddressError | undefined {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new AddressError(`port ${port} of ${host} is in use`)
    case 'EACCES':
      return new AddressError(`port ${port} of ${host} may not be listened on`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new AddressError(`${host} is no address of this machine`)
    default:
      return undefined
  }
}

function summedUp(all: readonly WorkerFigures[]): ServiceFigures {
  const count = all.reduce((sum, { batches }) => sum + batches.count, 0)
  const callers = all.reduce((sum, { batches }) => sum + batches.callers, 0)
  const most = (of: (each: Percentiles) => number) =>
    Math.max(0, ...all.map(({ poolWaitMs }) => of(poolWaitMs)))
  return {
    poolWaitMs: {
      count: all.reduce((sum, { poolWaitMs }) => sum + poolWaitMs.count, 0),
      p50: most(({ p50 }) => p50),
      p95: most(({ p95 }) => p95),
      p99: most(({ p99 }) => p99),
      max: most(({ max }) => max),
    },
    poolWaitSeconds: all.reduce((sum, { poolWaitSeconds }) => sum + poolWaitSeconds, 0),
    connectionSeconds: all.reduce((sum, { connectionSeconds }) => sum + connectionSeconds, 0),
    batches: count === 0 ? undefined : { count, mean: callers / count, ...mostOf(all) },
  }
}

function mostOf(all: readonly WorkerFigures[]): Pick<Batches, 'p95' | 'max'> {
  return {
    p95: Math.max(0, ...all.map(({ batches }) => batches.p95)),
    max: Math.max(0, ...all.map(({ batches }) => batches.max)),
  }
}
