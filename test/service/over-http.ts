/** Strategies at the other end of a service of their own, on this machine. */
import { closeInTime } from '../../harness/service/drain.ts'
import { strategyOverHttp } from '../../harness/service/http-strategy.ts'
import { ServiceMetrics } from '../../harness/service/metrics.ts'
import type { ServiceOptions } from '../../harness/service/parts.ts'
import { createService } from '../../harness/service/service.ts'
import { readerOf } from '../../harness/service/store-reader.ts'
import { VENUES } from '../../harness/service/venue.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'

const NO_POOL = { readMeter: () => ({ poolWaitMs: { p50: 0, p95: 0, p99: 0 }, connectionSeconds: 0 }) }
/** More than any test asks at once. */
const IN_FLIGHT_MAX = 1_000

/** A service that listens on a free port of the loopback interface. */
export async function served(
  strategy: ReservationStrategy,
  options: Partial<ServiceOptions> = {},
): Promise<{ readonly url: string } & AsyncDisposable> {
  const app = await createService({
    name: 'under test',
    strategy,
    store: readerOf({}, {}),
    venue: VENUES.small ?? { events: [] },
    metrics: new ServiceMetrics(NO_POOL),
    inFlightMax: IN_FLIGHT_MAX,
    mapAgeMsMax: 0,
    hasAudit: false,
    hasSetup: false,
    ...options,
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { url, [Symbol.asyncDispose]: () => closeInTime(app) }
}

/** The same strategy, asked through HTTP. */
export function overHttp(entry: StrategyEntry): StrategyEntry {
  return {
    ...entry,
    name: `${entry.name} over HTTP`,
    async open(connections, settings) {
      const inner = await entry.open(connections, settings)
      const service = await served(inner, { hasSetup: true })
      return {
        ...strategyOverHttp(service.url),
        async close() {
          await service[Symbol.asyncDispose]()
          await inner.close()
        },
      }
    },
  }
}
