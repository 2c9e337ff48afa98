/**
 * Names that nobody can guess, all derived from an order's id with the shop's secret: the same order has the
 * same names however often a step is repeated, and none of them leads to another.
 */
import { createHmac, randomBytes } from 'node:crypto'

/** Crockford's alphabet has no letters that look like digits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CODE_LENGTH = 10
/** 128 bits. */
const ID_BYTES = 16
/** Drawn from the system at once: each call costs more than its bytes. */
const DRAWN_BYTES = 256 * ID_BYTES

/** What an order is called elsewhere. */
export interface OrderNames {
  /** Its payment session. */
  readonly psid: string
  readonly ticketCode: string
  /** Its refund, if it gets one. */
  readonly refundId: string
}

export class ShopKeys {
  readonly #secret: string
  #drawn = Buffer.alloc(0)

  /** `secret`: at least 128 random bits, as text. */
  constructor(secret: string) {
    this.#secret = secret
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
    return this.#derived('order', idempotencyKey).toString('hex', 0, ID_BYTES)
  }

  /** Disjoint parts of one derivation: a session's and a refund's 128 bits, and 50 for a code. */
  namesOf(orderId: string): OrderNames {
    const bytes = this.#derived('names', orderId)
    return {
      psid: `mock_${bytes.toString('hex', 0, ID_BYTES)}`,
      refundId: `rf_${bytes.toString('hex', ID_BYTES, 2 * ID_BYTES)}`,
      ticketCode: codeOf(bytes.subarray(2 * ID_BYTES)),
    }
  }

  /** One person, as far as an email address says: without case. */
  customerOf(email: string): string {
    return this.#derived('customer', email.trim().toLowerCase()).toString('hex', 0, ID_BYTES)
  }

  /** 64 bytes. */
  #derived(what: string, from: string): Buffer {
    return createHmac('sha512', this.#secret).update(`${what}\0${from}`).digest()
  }
}

function codeOf(bytes: Buffer): string {
  let code = 'TCK-'
  for (let at = 0; at < CODE_LENGTH; at++) code += ALPHABET.charAt((bytes[at] ?? 0) % ALPHABET.length)
  return code
}
