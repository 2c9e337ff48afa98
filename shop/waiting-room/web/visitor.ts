/** Who asks: the cookie of the browser, and the token of the place. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PlaceId } from '../queue/room.ts'
import type { RoomKeys } from '../tokens.ts'

const VISITOR_COOKIE = 'holdfast-visitor'
const PLACE_COOKIE = 'holdfast-place'
/** For clients that are no browser; the cookie of the visitor is needed all the same. */
const TOKEN_HEADER = 'waiting-room-token'
/** A cookie of another program on this host may be anything. */
const COOKIES_LENGTH_MAX = 8_192
const DAY_S = 86_400

type Asking = Pick<FastifyRequest, 'headers'>

export interface Visitor {
  /** Undefined if the browser is not known. */
  readonly binding: string | undefined
  /** Undefined without a token, or with one that is not good here. */
  readonly place: PlaceId | undefined
  /** There is a token, and it is forged, or bound to another browser. */
  readonly isRefused: boolean
}

export function visitorOf({ headers }: Asking, keys: RoomKeys): Visitor {
  const cookies = cookiesIn(headers.cookie)
  const binding = keys.bindingOf(cookies.get(VISITOR_COOKIE))
  const given = headers[TOKEN_HEADER]
  const token = typeof given === 'string' ? given : cookies.get(PLACE_COOKIE)
  const place = binding === undefined ? undefined : keys.placeOf(token, binding)
  return { binding, place, isRefused: token !== undefined && place === undefined }
}

/** The binding of the browser; one that is not known gets a cookie. */
export function bindVisitor(request: Asking, reply: FastifyReply, keys: RoomKeys): string {
  const known = visitorOf(request, keys).binding
  if (known !== undefined) return known
  const { cookie, binding } = keys.newVisitor()
  setCookie(request, reply, VISITOR_COOKIE, cookie)
  return binding
}

export function rememberToken(request: Asking, reply: FastifyReply, token: string): void {
  setCookie(request, reply, PLACE_COOKIE, token)
}

export function forgetToken(request: Asking, reply: FastifyReply): void {
  setCookie(request, reply, PLACE_COOKIE, '', 0)
}

/** No script reads them. `Lax`: a link from another page still finds the place, a form of one does not. */
function setCookie(
  { headers }: Asking,
  reply: FastifyReply,
  name: string,
  value: string,
  ageS = DAY_S,
): void {
  const secure = headers['x-forwarded-proto'] === 'https' ? '; Secure' : ''
  const cookie = `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${ageS}${secure}`
  const before = reply.getHeader('set-cookie')
  reply.header('set-cookie', before === undefined ? cookie : [before, cookie].flat())
}

/** The first of each name. */
function cookiesIn(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>()
  for (const pair of (header ?? '').slice(0, COOKIES_LENGTH_MAX).split(';')) {
    const at = pair.indexOf('=')
    const name = pair.slice(0, at).trim()
    if (at > 0 && !cookies.has(name)) cookies.set(name, pair.slice(at + 1).trim())
  }
  return cookies
}
