/** The room's own routes: to join, to look, to be told, to enter and to leave. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type from 'typebox'
import Value from 'typebox/value'
import { Problem } from '../../../harness/service/problems.ts'
import { refuseOtherSites } from '../../web/other-sites.ts'
import { withinWaiting } from '../deadline.ts'
import { commitmentOf } from '../queue/draw.ts'
import type { JoinAnswer, PlaceId, PlaceView } from '../queue/room.ts'
import type { WaitingRoom } from '../waiting-room.ts'
import { roomPage } from './page.ts'
import { ROOM_PATH } from './paths.ts'
import { sendPage } from './send-page.ts'
import { bindVisitor, forgetToken, rememberToken, visitorOf } from './visitor.ts'

const JoinBody = Type.Object({
  challenge: Type.String({ maxLength: 64 }),
  nonce: Type.String({ maxLength: 64 }),
})
const DRAW_PAGE_MAX = 10_000

export function roomRoutes(app: FastifyInstance, room: WaitingRoom): void {
  const { keys, settings } = room

  app.get(ROOM_PATH, async (request, reply) => {
    const { news } = room
    if (news.door === 'passthrough') return reply.redirect(settings.home, 303)
    bindVisitor(request, reply, keys)
    const { place } = visitorOf(request, keys)
    const own = place === undefined ? undefined : await withinWaiting(room.look(place))
    if (own?.view.kind === 'inside') return reply.redirect(settings.home, 303)
    return sendPage(reply, roomPage(news, own, settings))
  })

  app.get(`${ROOM_PATH}/challenge`, async (request, reply) => {
    const binding = bindVisitor(request, reply, keys)
    const bits = settings.workBits
    return { challenge: keys.challengeFor(binding, bits, Date.now()), bits }
  })

  app.post(`${ROOM_PATH}/join`, async (request, reply) => {
    refuseOtherSites(request)
    const binding = bindVisitor(request, reply, keys)
    requireWork(room, binding, request.body)
    const identity = settings.identity === 'address' ? request.ip : binding
    const answer = await withinWaiting(room.join(identity, binding))
    if (answer.kind !== 'joined') throw refusalOf(answer)
    const token = keys.tokenOf(answer.place, binding)
    rememberToken(request, reply, token)
    if (isForm(request)) return reply.redirect(ROOM_PATH, 303)
    const { place, isNew, number } = answer
    const view: PlaceView = number === 0 ? { kind: 'entrant' } : { kind: 'waiting', number }
    // A new place has not moved yet.
    const own = isNew ? room.newsOf(view) : await withinWaiting(room.look(place))
    return { token, place, is_new: isNew, ...own }
  })

  app.get(`${ROOM_PATH}/place`, async (request) => {
    const own = await withinWaiting(room.look(placeOf(room, request)))
    return { ...own, room: room.news }
  })

  app.post(`${ROOM_PATH}/enter`, async (request, reply) => {
    refuseOtherSites(request)
    const view = await withinWaiting(room.enter(placeOf(room, request)))
    if (isForm(request)) return reply.redirect(view.kind === 'inside' ? settings.home : ROOM_PATH, 303)
    if (view.kind === 'inside') return { view, location: settings.home }
    throw new Problem('not-admitted', 'you are not called', { view })
  })

  app.post(`${ROOM_PATH}/leave`, async (request, reply) => {
    refuseOtherSites(request)
    const view = await withinWaiting(room.leave(placeOf(room, request)))
    forgetToken(request, reply)
    return isForm(request) ? reply.redirect(ROOM_PATH, 303) : { view }
  })

  drawRoutes(app, room)
}

/** What is published of the lottery: its commitment before, its seed and all places after. */
function drawRoutes(app: FastifyInstance, { store, settings }: WaitingRoom): void {
  app.get(`${ROOM_PATH}/draw`, async () => {
    const { order, seed } = settings.rules
    const { isOpen } = await withinWaiting(store.figures())
    return {
      order,
      commitment: commitmentOf(seed),
      rule: 'numbers by the first 32 hexadecimal digits of HMAC-SHA-256(key: seed, message: place), ascending',
      ...(isOpen && { seed }),
    }
  })

  app.get<{ Querystring: { from?: string } }>(`${ROOM_PATH}/draw/places`, async ({ query }) => {
    const from = Number(query.from ?? 1)
    if (!Number.isSafeInteger(from) || from < 0) throw new Problem('invalid-request', 'from is a number')
    const { places } = await withinWaiting(store.drawn(from, DRAW_PAGE_MAX))
    return { places, next: places.length < DRAW_PAGE_MAX ? null : (places.at(-1)?.number ?? 0) + 1 }
  })
}

/** Throws a `Problem` if the request has no token that is good for this browser. */
export function placeOf({ keys }: WaitingRoom, request: FastifyRequest): PlaceId {
  const { place, isRefused } = visitorOf(request, keys)
  if (place !== undefined) return place
  throw isRefused
    ? new Problem('not-owner', 'the token of this place is of another browser, or is not whole')
    : new Problem('no-secret', 'you have no place yet: join the line')
}

function requireWork({ keys, settings: { workBits } }: WaitingRoom, binding: string, body: unknown): void {
  if (workBits === 0) return
  const work = body instanceof URLSearchParams ? Object.fromEntries(body) : body
  if (Value.Check(JoinBody, work) && keys.isWorkDone(work, binding, workBits, Date.now())) return
  throw new Problem('no-secret', `a join needs a proof of work: ${ROOM_PATH}/challenge says which`)
}

function refusalOf({ kind }: Exclude<JoinAnswer, { kind: 'joined' }>): Problem {
  switch (kind) {
    case 'taken':
      return new Problem('not-owner', 'somebody at this address is in line already')
    case 'closed':
      return new Problem('not-admitted', 'the waiting room is closed')
    case 'sold-out':
      return new Problem('sold-out', 'everything is sold')
    case 'full':
      return new Problem('overloaded', 'the waiting room is full')
  }
}

function isForm({ body }: FastifyRequest): boolean {
  return body instanceof URLSearchParams
}
