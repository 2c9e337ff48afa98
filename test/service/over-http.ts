/** Strategies at the other end of a service of their own, on this machine. */
import { contractStrategy } from '../../harness/entries/service/contract.ts'
import { askAt } from '../../harness/entries/service/service-client.ts'
import { serviceLog } from '../../harness/service/log.ts'
import { ServiceMetrics } from '../../harness/service/metrics.ts'
import type { ServiceOptions, ServiceSettings } from '../../harness/service/parts.ts'
import { readinessThrough } from '../../harness/service/readiness.ts'
import { createService } from '../../harness/service/service.ts'
import { UNLIMITED } from '../../harness/service/settings.ts'
import { readerOf } from '../../harness/service/store-reader.ts'
import { VENUES } from '../../harness/service/venue.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { TTL_MS_MAX, UNITS_MAX } from '../../strategies/validation.ts'

const NO_POOL = { readMeter: () => ({ poolWaitMs: { p50: 0, p95: 0, p99: 0 }, connectionSeconds: 0 }) }
/** More than any test asks at once. */
const IN_FLIGHT_MAX = 1_000

/** A service that listens on a free port of the loopback interface. */
export async function served(
  strategy: ReservationStrategy,
  {
    settings,
    ...options
  }: Partial<Omit<ServiceOptions, 'settings'>> & {
    readonly settings?: Partial<ServiceSettings>
  } = {},
): Promise<{ readonly url: string; close(drainMsMax?: number): Promise<void> } & AsyncDisposable> {
  const venue = options.venue ?? VENUES.small ?? { events: [] }
  const service = await createService({
    name: 'under test',
    strategy,
    store: readerOf({}, {}),
    venue,
    metrics: new ServiceMetrics(NO_POOL),
    readiness: readinessThrough(strategy, venue),
    log: serviceLog('silent', { write: () => undefined }),
    ...options,
    settings: {
      ...UNLIMITED,
      inFlightMax: IN_FLIGHT_MAX,
      mapAgeMsMax: 0,
      ttlMsMax: TTL_MS_MAX,
      unitsMax: UNITS_MAX,
      allowedHosts: [],
      hasOwnerSecrets: false,
      hasAudit: false,
      hasSetup: false,
      ...settings,
    },
  })
  const url = await service.listen('127.0.0.1', 0)
  let closed: Promise<void> | undefined
  const close = (drainMsMax?: number): Promise<void> => (closed ??= service.close(drainMsMax))
  return { url, close, [Symbol.asyncDispose]: () => close() }
}

/** The same strategy, asked through HTTP. */
export function overHttp(entry: StrategyEntry): StrategyEntry {
  return {
    ...entry,
    name: `${entry.name} over HTTP`,
    async open(connections, settings) {
      const inner = await entry.open(connections, settings)
      const service = await served(inner, { settings: { hasSetup: true } })
      return {
        ...contractStrategy(askAt(new URL(service.url))),
        async close() {
          await service[Symbol.asyncDispose]()
          await inner.close()
        },
      }
    },
  }
}
