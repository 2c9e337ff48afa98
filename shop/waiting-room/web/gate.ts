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
  /** Their time says something about the backend: what the gate refuses, or does not guard, says nothing. */
  const passed = new WeakSet<FastifyRequest>()
  // With callbacks: what is open to everybody does not wait for a promise.
  app.addHook('onRequest', (request, reply, done) => {
    // There is nothing behind a 404.
    if (request.is404) return done()
    const passage = passageAsked(room, request)
    if (passage === 'open') return done()
    const pass = (): void => {
      passed.add(request)
      done()
    }
    if (room.door === 'passthrough') return pass()
    mayPass(room, request, passage).then((may) => {
      if (may) pass()
      else if (wantsPage(request)) reply.redirect(ROOM_PATH, 303)
      else done(refusal())
    }, done)
  })
  app.addHook('onResponse', (request, reply, done) => {
    if (passed.has(request) && !isStream(reply)) latencies.see(reply.elapsedTime)
    done()
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

function isStream(reply: FastifyReply): boolean {
  return String(reply.raw.getHeader('content-type') ?? '').startsWith('text/event-stream')
}

function wantsPage({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html')
}

function refusal(): Problem {
  return new Problem('not-admitted', 'there is a waiting room: join it, and come in when you are called', {
    waiting_room: ROOM_PATH,
  })
}
