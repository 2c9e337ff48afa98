/**
 * The gate: every route of an app is behind it unless it is listed as open. So a route that is added later is
 * behind it as well, and there is no way round.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../../harness/service/problems.ts'
import { withinWaiting } from '../deadline.ts'
import type { Latencies } from '../latencies.ts'
import type { Passage, WaitingRoom } from '../waiting-room.ts'
import { ROOM_PATH } from './paths.ts'
import { visitorOf } from './visitor.ts'

/** Routes as `METHOD pattern`; a pattern that ends in `*` stands for all that begin so. HEAD is as GET. */
export interface Openings {
  /** For everybody. */
  readonly open: readonly string[]
  /** For those inside, and for those who were: to finish what they began there. */
  readonly finishing: readonly string[]
}

function passageOf(method: string, pattern: string, { open, finishing }: Openings): Passage {
  const asked = `${method === 'HEAD' ? 'GET' : method} ${pattern}`
  const isListed = (all: readonly string[]): boolean =>
    all.some((each) => (each.endsWith('*') ? asked.startsWith(each.slice(0, -1)) : each === asked))
  if (isListed(open) || pattern === ROOM_PATH || pattern.startsWith(`${ROOM_PATH}/`)) return 'open'
  return isListed(finishing) ? 'finishing' : 'inside'
}

export interface GateOptions {
  readonly openings: Openings
  readonly latencies: Latencies
}

/** Must be called before routes are registered. */
export function gateThrough(app: FastifyInstance, room: WaitingRoom, options: GateOptions): void {
  const { openings, latencies } = options
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) room.passages.set(`${each} ${url}`, passageOf(each, url, openings))
  })
  const refused = new WeakSet<FastifyRequest>()
  app.addHook('onRequest', async (request, reply) => {
    // There is nothing behind it.
    if (request.is404) return
    const passage = passageAsked(room, request)
    if (passage === 'open' || room.door === 'passthrough') return
    if (await mayPass(room, request, passage)) return
    refused.add(request)
    return refuse(request, reply)
  })
  app.addHook('onResponse', async (request, reply) => {
    const isStream = String(reply.raw.getHeader('content-type') ?? '').startsWith('text/event-stream')
    if (request.is404 || isStream) return
    // Of the backend alone: what the gate has refused says nothing about it.
    if (passageAsked(room, request) === 'open') return
    if (!refused.has(request)) latencies.see(reply.elapsedTime)
  })
}

/** A route that is not known here is behind the gate. */
function passageAsked({ passages }: WaitingRoom, { method, routeOptions }: FastifyRequest): Passage {
  return passages.get(`${method} ${routeOptions.url}`) ?? 'inside'
}

/** Asked of the store each time: one who has left is outside at once, in every process. */
async function mayPass(room: WaitingRoom, request: FastifyRequest, passage: Passage): Promise<boolean> {
  const { place } = visitorOf(request, room.keys)
  if (place === undefined) return false
  if ((await withinWaiting(room.store.insideMs(place))) > 0) return true
  if (passage !== 'finishing') return false
  const [view] = await withinWaiting(room.store.look([place], false))
  return view?.kind === 'ended' && view.why === 'ran-out'
}

function refuse(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (request.method === 'GET' && (request.headers.accept ?? '').includes('text/html')) {
    return reply.redirect(ROOM_PATH, 303)
  }
  throw new Problem('not-admitted', 'there is a waiting room: join it, and come in when you are called', {
    waiting_room: ROOM_PATH,
  })
}
