/** The HTTP API in this process, with a strategy in memory, behind a room. */
import { serviceLog } from '../../harness/service/log.ts'
import { ServiceMetrics } from '../../harness/service/metrics.ts'
import { readinessThrough } from '../../harness/service/readiness.ts'
import { createService, loadVenue } from '../../harness/service/service.ts'
import { LIMITS_ON_LOOPBACK } from '../../harness/service/settings.ts'
import { VENUES } from '../../harness/service/venue.ts'
import type { WaitingRoom } from '../../shop/waiting-room/waiting-room.ts'
import type { Openings } from '../../shop/waiting-room/web/gate.ts'
import { standBefore } from '../../shop/waiting-room/web/stand-before.ts'
import { Admin } from '../../shop/web/admin-password.ts'
import { withValidation } from '../../strategies/validation.ts'
import { inMemory } from '../workloads/in-memory.ts'

const NO_POOL = { readMeter: () => ({ poolWaitMs: { p50: 0, p95: 0, p99: 0 }, connectionSeconds: 0 }) }

export async function serviceBehind(room: WaitingRoom, openings: Openings) {
  const venue = VENUES.small ?? { events: [] }
  const strategy = withValidation(inMemory({ nowMs: Date.now }))
  await loadVenue(strategy, venue)
  const service = await createService({
    name: 'in-memory',
    strategy,
    store: {
      sold: async () => ({ kind: 'not-read', reason: 'it is in memory' }),
      status: async () => 'not-readable',
    },
    venue,
    readiness: readinessThrough(strategy, venue),
    metrics: new ServiceMetrics(NO_POOL),
    log: serviceLog('silent', { write: () => undefined }),
    settings: {
      ...LIMITS_ON_LOOPBACK,
      inFlightMax: 100,
      mapAgeMsMax: 0,
      ttlMsMax: 60_000,
      unitsMax: 10,
      allowedHosts: [],
      hasOwnerSecrets: false,
      hasAudit: true,
      hasSetup: true,
    },
    before: (app) => standBefore(app, { room, openings, admin: new Admin(undefined), warn: () => undefined }),
  })
  const url = await service.listen('127.0.0.1', 0)
  return { url, [Symbol.asyncDispose]: () => service.close() }
}
