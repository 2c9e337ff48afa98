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

export class ShopKeys {
  readonly #secret: string

  /** `secret`: at least 128 random bits, as text. */
  constructor(secret: string) {
    this.#secret = secret
  }

  /** The id is the capability to read the order. */
  newOrderId(): string {
    return randomBytes(ID_BYTES).toString('hex')
  }

  /** The same key always gives the same order; a client's key must be hard to guess. */
  orderIdOf(idempotencyKey: string): string {
    return this.#derived('order', idempotencyKey).toString('hex', 0, ID_BYTES)
  }

  psidOf(orderId: string): string {
    return `mock_${this.#derived('payment session', orderId).toString('hex', 0, ID_BYTES)}`
  }

  ticketCodeOf(orderId: string): string {
    const bytes = this.#derived('ticket', orderId)
    return `TCK-${Array.from({ length: CODE_LENGTH }, (_, at) => ALPHABET[(bytes[at] ?? 0) % ALPHABET.length]).join('')}`
  }

  /** One person, as far as an email address says: without case. */
  customerOf(email: string): string {
    return this.#derived('customer', email.trim().toLowerCase()).toString('hex', 0, ID_BYTES)
  }

  refundIdOf(orderId: string): string {
    return `rf_${this.#derived('refund', orderId).toString('hex', 0, ID_BYTES)}`
  }

  #derived(what: string, from: string): Buffer {
    return createHmac('sha256', this.#secret).update(`${what}\0${from}`).digest()
  }
}
