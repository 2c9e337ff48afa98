/** Puts a waiting room before an app: its gate, its own routes, its pages. */
import type { FastifyInstance } from 'fastify'
import type { Admin } from '../../web/admin-password.ts'
import { Latencies, startSteering } from '../latencies.ts'
import { STEERED_MIN } from '../queue/room.ts'
import type { WaitingRoom } from '../waiting-room.ts'
import { adminRoutes } from './admin-room.ts'
import { assetRoutes } from './assets.ts'
import { gateThrough, type Openings } from './gate.ts'
import { roomRoutes } from './routes.ts'
import { streamRoutes } from './stream.ts'

const FORM_BYTES_MAX = 4_096

export interface StandBeforeOptions {
  readonly room: WaitingRoom
  readonly openings: Openings
  readonly admin: Admin
  readonly warn: (error: unknown, what: string) => void
}

/** Must be called before routes are registered. */
export async function standBefore(app: FastifyInstance, options: StandBeforeOptions): Promise<void> {
  const { room, openings, admin, warn } = options
  const latencies = new Latencies()
  gateThrough(app, room, { openings, latencies })
  const { activeMin = STEERED_MIN } = room.settings.steering ?? {}
  const steering = startSteering({ store: room.store, latencies, activeMin, figures: () => room.news, warn })
  app.addHook('onClose', async () => steering[Symbol.asyncDispose]())
  // In a scope of its own: forms are accepted here alone.
  await app.register((own, _options, done) => {
    own.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: FORM_BYTES_MAX },
      (_request, body, parsed) => parsed(null, new URLSearchParams(String(body))),
    )
    roomRoutes(own, room)
    streamRoutes(own, room)
    adminRoutes(own, { room, latencies, admin })
    assetRoutes(own)
    done()
  })
}
