/** Seat maps as streams of events (SSE): the whole map once, then what changes. */
import type { ServerResponse } from 'node:http'
import { beginStream } from '../../../harness/service/event-stream.ts'
import { Problem } from '../../../harness/service/problems.ts'
import type { BoardMessage } from '../seat-board.ts'
import type { ShopApp, ShopWeb } from '../shop-web.ts'

/** Each keeps a connection: more need more processes, as open files are limited. */
const STREAMS_MAX = 10_000
/** A reader that lags behind by more is cut off; its browser connects again, and gets the whole map. */
const BACKLOG_BYTES_MAX = 1_048_576
const PING_MS = 15_000
const PING = ':\n\n'

/** What a seat map needs of the shop. */
export interface LiveParts {
  readonly boards: ShopWeb['boards']
  readonly parts: Pick<ShopWeb['parts'], 'warn'>
}

export function liveRoutes(app: ShopApp, { boards, parts }: LiveParts): void {
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
  app.get<{ Params: { id: string } }>('/events/:id/seats', async ({ params: { id } }, reply) => {
    const board = boards.get(id)
    if (board === undefined) throw new Problem('unknown-event', 'there is no such event')
    if (open.size >= STREAMS_MAX) throw new Problem('overloaded', 'too many people look at seat maps')
    // Fails here, with an answer, if the strategy does not answer.
    await board.states()
    const stream = beginStream(reply)
    open.add(stream)
    const send = ({ frame }: BoardMessage): void => {
      if (stream.writableLength > BACKLOG_BYTES_MAX) stream.destroy()
      else stream.write(frame)
    }
    const listening = board.listen(send)
    stream.once('close', () => {
      open.delete(stream)
      listening.then(
        (each) => each[Symbol.dispose](),
        () => undefined,
      )
    })
    await listening.catch((error: unknown) => {
      parts.warn(error, 'a seat map could not be read')
      stream.end()
    })
  })
}
