/** A waiting room before the HTTP API: loaded by its path, in each process that serves. */
import { monotonicMs } from '../../harness/clock.ts'
import type { Extend, ExtensionContext } from '../../harness/service/extension.ts'
import { resourcesOf } from '../../harness/service/venue.ts'
import { Admin } from '../web/admin-password.ts'
import { attachRoom, type RoomJob } from './open-room.ts'
import type { Stock } from './queue/room.ts'
import { WaitingRoom } from './waiting-room.ts'
import type { Openings } from './web/gate.ts'
import { standBefore } from './web/stand-before.ts'

export const MODULE = new URL('./service-gate.ts', import.meta.url).href

/** What is on sale may be read by everybody; what of it is left, and every hold, is behind the gate. */
export const SERVICE_OPENINGS: Openings = {
  open: [
    'GET /healthz',
    'GET /readyz',
    'GET /metrics',
    'GET /audit',
    'GET /docs*',
    'GET /events',
    'GET /events/:id',
  ],
  finishing: ['POST /bookings', 'GET /bookings/:id', 'GET /reservations/:id', 'DELETE /reservations/:id'],
}

/** Resources read at once. */
const READ_AT_ONCE = 10_000

export const extend: Extend = async (options, context) => {
  const job = options as RoomJob
  await using undo = new AsyncDisposableStack()
  const { store } = undo.use(await attachRoom(job))
  const warn = (error: unknown, what: string): void => context.log.warn({ err: error }, what)
  const room = undo.use(
    await WaitingRoom.open({ store, settings: job.settings, stock: serviceStock(context), warn }),
  )
  const admin = new Admin(job.settings.adminPassword)
  const owned = undo.move()
  return {
    before: (app) => standBefore(app, { room, openings: SERVICE_OPENINGS, admin, warn }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Holds cannot be told from sales here: what was not free for longer than any hold lasts is sold. */
export function serviceStock(
  { strategy, venue, settings }: Pick<ExtensionContext, 'strategy' | 'venue' | 'settings'>,
  nowMs: () => number = monotonicMs,
): () => Promise<Stock> {
  const ids = venue.events.flatMap((event) => resourcesOf(event).map(({ id }) => id))
  let noneSinceMs: number | undefined
  return async () => {
    for (let from = 0; from < ids.length; from += READ_AT_ONCE) {
      const answers = await strategy.availability(ids.slice(from, from + READ_AT_ONCE))
      if (!answers.some(({ available }) => available > 0)) continue
      noneSinceMs = undefined
      return 'some'
    }
    noneSinceMs ??= nowMs()
    return nowMs() - noneSinceMs > settings.ttlMsMax ? 'gone' : 'held'
  }
}
