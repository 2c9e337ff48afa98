/** A service with all that it needs: a namespace on the engines, the strategy, and what is on sale. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy, Resource } from '../../strategies/strategy.ts'
import type { MeterReading } from '../engines/engine.ts'
import type { Engines } from '../engines/open.ts'
import { engineKinds } from '../engines/registry.ts'
import { type Ground, prepareGround } from '../ground/ground.ts'
import type { Conditions } from '../network/conditions.ts'
import type { Batches, Percentiles } from '../results/figures.ts'
import { addressError } from './address-error.ts'
import { openExtension, type ServiceExtension } from './extension.ts'
import { type LogLevel, type LogSink, serviceLog } from './log.ts'
import { ServiceMetrics } from './metrics.ts'
import { openStrategy } from './opened-strategy.ts'
import type { ServiceSettings } from './parts.ts'
import { ownReadiness, readinessThrough } from './readiness.ts'
import { createService, loadVenue } from './service.ts'
import { readerOf } from './store-reader.ts'
import { startSweeper } from './sweeper.ts'
import { resourcesOf, type Venue } from './venue.ts'
import type { WorkerFigures } from './workers/messages.ts'
import { startWorkers, type Workers } from './workers/workers.ts'

export interface ServiceOrder {
  readonly entry: StrategyEntry
  readonly engines: Engines
  readonly venue: Venue
  /** Of each process. */
  readonly poolSize: number
  readonly criticalSectionMs: number
  /** Added to each round trip between the strategy and its engines; absent for none. */
  readonly networkLatencyMs?: number
  /** Of all processes together. */
  readonly settings: Omit<ServiceSettings, 'hasSetup'> & Partial<Pick<ServiceSettings, 'hasSetup'>>
  /** Processes behind the port; 1: this process serves. */
  readonly workers: number
  readonly logLevel: LogLevel
  /** What stands before the routes. */
  readonly extension?: ServiceExtension
  /** The log of this process; workers write to their standard error. */
  readonly logSink: LogSink
}

/** Of several processes: the worst percentiles, because percentiles cannot be added; otherwise the sum. */
interface ServiceFigures extends MeterReading {
  /** Callers per batch, over all processes; absent where the strategy does not batch. */
  readonly batches: Batches | undefined
}

export interface RunningService extends AsyncDisposable {
  /** Seats and GA tiers on sale. */
  readonly resources: number
  /** The same, as a list. */
  readonly onSale: readonly Resource[]
  /** For an audit within the process, without HTTP. */
  readonly strategy: ReservationStrategy
  readonly ground: Ground
  /**
   * Returns the address, and a signal that is aborted, with the reason, if the service cannot continue. Must
   * be called once. Throws `AddressError` if it cannot listen on the address.
   */
  listen(host: string, port: number): Promise<{ readonly address: string; readonly failed: AbortSignal }>
  figures(): Promise<ServiceFigures>
}

/** The process that owns a service with workers only creates, reads and sweeps, one at a time. */
const OWNERS_POOL_SIZE = 3

function conditionsOf({ networkLatencyMs: latencyMs }: ServiceOrder): Conditions | undefined {
  return latencyMs === undefined ? undefined : { latencyMs }
}

/** On dispose it stops accepting connections, answers requests in flight, and drops what it created. */
export async function openService(order: ServiceOrder): Promise<RunningService> {
  const { entry, engines, venue, poolSize, criticalSectionMs, workers: count, logLevel } = order
  const log = serviceLog(logLevel, order.logSink)
  await using undo = new AsyncDisposableStack()
  const ground = undo.adopt(
    await prepareGround(entry, engines, count === 1 ? poolSize : OWNERS_POOL_SIZE, conditionsOf(order)),
    (each) => each.dispose(),
  )
  const metrics = new ServiceMetrics(ground)
  const strategy = undo.adopt(
    await openStrategy(entry, ground.connections, criticalSectionMs, metrics),
    (each) => each.close(),
  )
  const resources = await loadVenue(strategy, venue)
  const store = readerOf(entry, ground.stores)
  undo.use(startSweeper({ strategy, metrics, log }))
  const settings: ServiceSettings = { hasSetup: false, ...order.settings }
  const common = { venue, metrics, log }
  let workers: Workers | undefined

  async function listenHere(host: string, port: number) {
    const { readiness } = canBeAttached(entry)
      ? owned.use(await ownReadiness(entry, ground.attachment(1), venue))
      : { readiness: readinessThrough(strategy, venue) }
    const extended =
      order.extension && owned.use(await openExtension(order.extension, { strategy, venue, settings, log }))
    const before = extended && { before: extended.before }
    const service = owned.adopt(
      await createService({ ...common, name: entry.name, strategy, store, readiness, settings, ...before }),
      (each) => each.close(),
    )
    return { address: await service.listen(host, port), failed: new AbortController().signal }
  }

  async function listenWithWorkers(host: string, port: number) {
    const job = {
      strategy: entry.file === undefined ? { name: entry.name } : { file: entry.file },
      attachment: ground.attachment(poolSize),
      probeAttachment: ground.attachment(1),
      venue,
      criticalSectionMs,
      settings: sharedBy(count, settings),
      logLevel,
      host,
      port,
      ...(order.extension && { extension: order.extension }),
    }
    workers = owned.use(await startWorkers({ count, job, store, metrics, log }))
    return workers
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

/** Only engines of the registry have further connections to open. */
function canBeAttached({ engines }: StrategyEntry): boolean {
  return engines.length > 0 && engines.every((name) => engineKinds.some((kind) => kind.name === name))
}

/** As many in total as requested; connections are distributed in turn. */
function sharedBy(count: number, settings: ServiceSettings): ServiceSettings {
  const part = (max: number): number => Math.ceil(max / count)
  return {
    ...settings,
    inFlightMax: part(settings.inFlightMax),
    bulkReadsMax: part(settings.bulkReadsMax),
    connectionsMax: part(settings.connectionsMax),
    clientConnectionsMax: part(settings.clientConnectionsMax),
    clientRequestsPerSecond: part(settings.clientRequestsPerSecond),
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
