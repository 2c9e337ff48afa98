/**
 * The stream of a visitor (SSE): `room` is the same line for all, with the number called; `place` is their
 * own. The position is the number of the place less the number called.
 */
import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { beginStream } from '../../../harness/service/event-stream.ts'
import { Problem } from '../../../harness/service/problems.ts'
import { withinWaiting } from '../deadline.ts'
import { STREAMS_MAX } from '../settings.ts'
import type { WaitingRoom } from '../waiting-room.ts'
import { ROOM_PATH } from './paths.ts'
import { placeOf } from './routes.ts'

/** A reader that lags behind by more is cut off; its browser connects again. */
const BACKLOG_BYTES_MAX = 16_384
const PING_MS = 15_000
const PING = ':\n\n'

export function streamRoutes(app: FastifyInstance, room: WaitingRoom): void {
  const open = new Set<ServerResponse>()
  // One timer for all.
  const pinging = setInterval(() => {
    for (const stream of open) stream.write(PING)
  }, PING_MS)
  app.addHook('preClose', (done) => {
    clearInterval(pinging)
    for (const stream of open) stream.end()
    done()
  })
  app.get(`${ROOM_PATH}/events`, async (request, reply) => {
    const place = placeOf(room, request)
    if (open.size >= STREAMS_MAX)
      throw new Problem('overloaded', 'too many are told at once: ask again and again')
    const { view } = await withinWaiting(room.look(place))
    const stream = beginStream(reply)
    open.add(stream)
    const listening = room.listen(place, view, (event, data) => {
      if (stream.writableLength > BACKLOG_BYTES_MAX) stream.destroy()
      else stream.write(`event: ${event}\ndata: ${data}\n\n`)
    })
    stream.once('close', () => {
      open.delete(stream)
      listening[Symbol.dispose]()
    })
  })
}
