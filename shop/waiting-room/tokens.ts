/**
 * What a visitor carries. The visitor's cookie is a secret of one browser, which scripts cannot read. A
 * token names a place, and its signature covers the browser to which it is bound: another browser that has
 * the token is refused. Neither says until when it is good. That is in the store alone, so nobody can
 * extend it, and a token of a place that has ended is worth nothing.
 */
import { createHash, hash, randomBytes } from 'node:crypto'
import { isSameSecret } from '../../harness/same-secret.ts'
import { HmacSha256 } from '../hmac.ts'
import type { PlaceId } from './queue/room.ts'

const VISITOR_BYTES = 16
const PLACE_BYTES = 16
/** 132 bits. */
const MAC_DIGITS = 22
const BINDING_DIGITS = 32
const POOL_BYTES = 8_192
const VISITOR = /^[\w-]{22}\.[\w-]{22}$/
const TOKEN = /^([0-9a-f]{32})\.([\w-]{22})$/
/** `<seconds>.<signature>` */
const CHALLENGE = /^(\d{1,12})\.([\w-]{22})$/
/** Long enough for a slow telephone, short enough that work is not done in advance. */
const CHALLENGE_SECONDS = 600

export class RoomKeys {
  readonly #hmac: HmacSha256
  readonly #random = new RandomBytes()

  /** `secret`: at least 128 random bits, the same in all processes of the room. */
  constructor(secret: string) {
    this.#hmac = new HmacSha256(secret)
  }

  /** A cookie for a browser that has none, and what tokens are bound to. */
  newVisitor(): { readonly cookie: string; readonly binding: string } {
    const random = this.#random.next(VISITOR_BYTES).toString('base64url')
    const cookie = `${random}.${this.#mac(`visitor\0${random}`)}`
    return { cookie, binding: bindingTo(cookie) }
  }

  /** What tokens are bound to: it identifies the browser, and does not lead back to its cookie. */
  bindingOf(visitor: string | undefined): string | undefined {
    if (visitor === undefined || !VISITOR.test(visitor)) return undefined
    const [random = '', mac = ''] = visitor.split('.')
    if (!isSameSecret(mac, this.#mac(`visitor\0${random}`))) return undefined
    return bindingTo(visitor)
  }

  newPlace(): PlaceId {
    return this.#random.next(PLACE_BYTES).toString('hex')
  }

  tokenOf(place: PlaceId, binding: string): string {
    return `${place}.${this.#mac(`place\0${place}\0${binding}`)}`
  }

  /** Undefined if it was not made here, or for another browser. */
  placeOf(token: string | undefined, binding: string): PlaceId | undefined {
    const [, place, mac] = TOKEN.exec(token ?? '') ?? []
    if (place === undefined || mac === undefined) return undefined
    return isSameSecret(mac, this.#mac(`place\0${place}\0${binding}`)) ? place : undefined
  }

  /** For this browser and this difficulty alone. */
  challengeFor(binding: string, bits: number, nowMs: number): string {
    const seconds = Math.floor(nowMs / 1_000)
    return `${seconds}.${this.#mac(`work\0${binding}\0${bits}\0${seconds}`)}`
  }

  /** Whether the work was done: repeated, it leads to the same place, so that it need not be remembered. */
  isWorkDone(
    { challenge, nonce }: { readonly challenge: string; readonly nonce: string },
    binding: string,
    bits: number,
    nowMs: number,
  ): boolean {
    const [, seconds, mac] = CHALLENGE.exec(challenge) ?? []
    if (seconds === undefined || mac === undefined) return false
    const ageSeconds = nowMs / 1_000 - Number(seconds)
    if (ageSeconds < -1 || ageSeconds > CHALLENGE_SECONDS) return false
    return (
      isSameSecret(mac, this.#mac(`work\0${binding}\0${bits}\0${Number(seconds)}`)) &&
      hasZeros(challenge, nonce, bits)
    )
  }

  /** `text`: what it is for, and its parts, each apart from the next by a zero. */
  #mac(text: string): string {
    return this.#hmac.of(text, 'base64url').slice(0, MAC_DIGITS)
  }
}

/** Whether SHA-256 of challenge and nonce begins with so many zero bits. */
export function hasZeros(challenge: string, nonce: string, bits: number): boolean {
  const digest = createHash('sha256').update(`${challenge}.${nonce}`).digest()
  return Math.clz32(digest.readUInt32BE(0)) >= bits
}

function bindingTo(visitor: string): string {
  return hash('sha256', visitor, 'hex').slice(0, BINDING_DIGITS)
}

/** Asks the system for many at once: thousands may join in a second. */
class RandomBytes {
  #pool = Buffer.alloc(0)
  #at = 0

  next(count: number): Buffer {
    if (this.#at + count > this.#pool.length) {
      this.#pool = randomBytes(POOL_BYTES)
      this.#at = 0
    }
    this.#at += count
    return this.#pool.subarray(this.#at - count, this.#at)
  }
}
