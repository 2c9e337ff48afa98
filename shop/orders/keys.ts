/**
 * Names that nobody can guess, all derived from an order's id with the shop's secret: the same order has the
 * same names however often a step is repeated, and none of them leads to another.
 */
import { randomBytes } from 'node:crypto'
import { HmacSha256 } from '../hmac.ts'

/** Crockford's alphabet has no letters that look like digits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CODE_LENGTH = 10
/** 52 bits, of which a code needs 50. */
const CODE_DIGITS = 13
/** 128 bits. */
const ID_BYTES = 16
const ID_DIGITS = 2 * ID_BYTES
/** Drawn from the system at once: each call costs more than its bytes. */
const DRAWN_BYTES = 256 * ID_BYTES

/** What an order is called elsewhere. */
export interface OrderNames {
  /** Its payment session. */
  readonly psid: string
  readonly ticketCode: string
}

export class ShopKeys {
  readonly #hmac: HmacSha256
  #drawn = Buffer.alloc(0)

  /** `secret`: at least 128 random bits, as text. */
  constructor(secret: string) {
    this.#hmac = new HmacSha256(secret)
  }

  /** The id is the capability to read the order. */
  newOrderId(): string {
    if (this.#drawn.length === 0) this.#drawn = randomBytes(DRAWN_BYTES)
    const id = this.#drawn.toString('hex', 0, ID_BYTES)
    this.#drawn = this.#drawn.subarray(ID_BYTES)
    return id
  }

  /** The same key always gives the same order; a client's key must be hard to guess. */
  orderIdOf(idempotencyKey: string): string {
    return this.#derived('order', idempotencyKey).slice(0, ID_DIGITS)
  }

  /** Disjoint parts of one derivation: a session's 128 bits, and 50 for a code. */
  namesOf(orderId: string): OrderNames {
    const digits = this.#derived('names', orderId)
    return {
      psid: `mock_${digits.slice(0, ID_DIGITS)}`,
      ticketCode: codeOf(digits.slice(ID_DIGITS, ID_DIGITS + CODE_DIGITS)),
    }
  }

  /** Of the order's refund, if it gets one. */
  refundIdOf(orderId: string): string {
    return `rf_${this.#derived('refund', orderId).slice(0, ID_DIGITS)}`
  }

  /** One person, as far as an email address says: without case. */
  customerOf(email: string): string {
    return this.#derived('customer', email.trim().toLowerCase()).slice(0, ID_DIGITS)
  }

  /** 64 hexadecimal digits. */
  #derived(what: string, from: string): string {
    return this.#hmac.of(`${what}\0${from}`, 'hex')
  }
}

function codeOf(digits: string): string {
  let code = 'TCK-'
  let rest = Number.parseInt(digits, 16)
  for (let at = 0; at < CODE_LENGTH; at++) {
    code += ALPHABET.charAt(rest % ALPHABET.length)
    rest = Math.floor(rest / ALPHABET.length)
  }
  return code
}
