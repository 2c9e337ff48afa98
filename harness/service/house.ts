/** A service with everything that it stands on: engines' tables and keys of its own, the strategy, what is on sale. */
import { setTimeout as delay } from 'node:timers/promises'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { Engines } from '../engines/engines.ts'
import { prepareGround } from '../trial/ground.ts'
import { closeInTime } from './drain.ts'
import { ServiceMetrics } from './metrics.ts'
import { createService, loadVenue } from './service.ts'
import type { Venue } from './venue.ts'

export interface HouseOrder {
  readonly entry: StrategyEntry
  readonly engines: Engines
  readonly venue: Venue
  readonly poolSize: number
  readonly inFlightMax: number
  readonly mapAgeMsMax: number
  readonly workInsideMs: number
  readonly hasAudit: boolean
}

export interface House extends AsyncDisposable {
  /** Seats and classes on sale. */
  readonly resources: number
  readonly metrics: ServiceMetrics
  /** Answers the address. Throws `AddressTakenError` where somebody else listens. */
  listen(host: string, port: number): Promise<string>
}

/** The port is somebody else's. The message is one sentence. */
export class AddressTakenError extends Error {
  override readonly name = 'AddressTakenError'
}

/** On dispose it answers what is in flight, then drops what it made. */
export async function openHouse(order: HouseOrder): Promise<House> {
  const { entry, engines, venue, poolSize, inFlightMax, mapAgeMsMax, workInsideMs, hasAudit } = order
  await using undo = new AsyncDisposableStack()
  const ground = undo.adopt(await prepareGround(entry, engines, poolSize), (each) => each.dispose())
  const metrics = new ServiceMetrics(ground)
  const strategy = undo.adopt(
    await entry.open(ground.connections, {
      workInside: workInsideMs > 0 ? () => delay(workInsideMs) : async () => {},
      onBatch: (callers) => metrics.batch(callers),
      random: Math.random,
    }),
    (each) => each.close(),
  )
  const resources = await loadVenue(strategy, venue)
  const app = undo.adopt(
    await createService({
      name: entry.name,
      strategy,
      stores: ground.stores,
      venue,
      metrics,
      inFlightMax,
      mapAgeMsMax,
      hasAudit,
      hasSetup: false,
    }),
    closeInTime,
  )
  const owned = undo.move()
  return {
    resources,
    metrics,
    async listen(host, port) {
      try {
        return await app.listen({ host, port })
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : undefined
        if (code === 'EADDRINUSE') throw new AddressTakenError(`port ${port} of ${host} is in use`)
        if (code === 'EACCES') throw new AddressTakenError(`port ${port} of ${host} may not be listened on`)
        if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
          throw new AddressTakenError(`${host} is no address of this machine`)
        }
        throw error
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
