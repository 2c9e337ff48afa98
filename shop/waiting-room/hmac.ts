/**
 * HMAC-SHA-256 (RFC 2104) for thousands of short texts a second, by two one-shot hashes. `createHmac` makes
 * an object of OpenSSL for each text: with two of them, a join cost a sixth more of a serving process.
 */
import { hash } from 'node:crypto'

const BLOCK_BYTES = 64
const DIGEST_BYTES = 32
const INNER = 0x36
const OUTER = 0x5c

export class HmacSha256 {
  /** The key's block, combined: all of it ASCII, so that it can stand before a text. */
  readonly #inner: string
  /** The other one, with room for the digest of the inner hash. */
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES)

  /** The key is {@link keyOf} the secret. */
  constructor(secret: string) {
    const key = Buffer.from(keyOf(secret), 'ascii')
    this.#inner = Buffer.from(key.map((byte) => byte ^ INNER)).toString('ascii')
    this.#outer.set(key.map((byte) => byte ^ OUTER))
  }

  /** In base64url. The text is taken as UTF-8. */
  of(text: string): string {
    this.#outer.write(hash('sha256', this.#inner + text, 'binary'), BLOCK_BYTES, 'binary')
    return hash('sha256', this.#outer, 'base64url')
  }
}

/** Exactly one block of ASCII, whatever the secret is. */
export function keyOf(secret: string): string {
  return hash('sha256', secret, 'hex')
}
