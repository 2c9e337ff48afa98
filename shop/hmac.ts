/**
 * HMAC-SHA-256 (RFC 2104) for thousands of short messages a second, by two one-shot hashes. `createHmac`
 * makes an object of OpenSSL for each message: with two of them, a join cost a sixth more of a serving
 * process.
 */
import { hash } from 'node:crypto'

const BLOCK_BYTES = 64
const DIGEST_BYTES = 32
const INNER = 0x36
const OUTER = 0x5c
const ASCII_MAX = 0x7f

export class HmacSha256 {
  /** The key's block, combined. */
  readonly #inner: Buffer
  /** The same before a text: only what is all ASCII is the same in UTF-8. */
  readonly #innerText: string | undefined
  /** The other one, with room for the digest of the inner hash. */
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES)

  /** The key is taken as UTF-8. */
  constructor(key: string) {
    const bytes = Buffer.from(key)
    const block = Buffer.alloc(BLOCK_BYTES)
    block.set(bytes.length > BLOCK_BYTES ? hash('sha256', bytes, 'buffer') : bytes)
    this.#inner = Buffer.from(block.map((byte) => byte ^ INNER))
    if (this.#inner.every((byte) => byte <= ASCII_MAX)) this.#innerText = this.#inner.toString('ascii')
    this.#outer.set(block.map((byte) => byte ^ OUTER))
  }

  /** A text is taken as UTF-8. */
  of(message: string | Buffer, encoding: 'base64' | 'base64url' | 'hex'): string {
    const inner = hash('sha256', this.#afterKey(message), 'binary')
    this.#outer.write(inner, BLOCK_BYTES, 'binary')
    return hash('sha256', this.#outer, encoding)
  }

  /** A text stays one where it can: a hash takes it at a third of the price of a copy. */
  #afterKey(message: string | Buffer): string | Buffer {
    if (typeof message !== 'string') return Buffer.concat([this.#inner, message])
    if (this.#innerText !== undefined) return this.#innerText + message
    return Buffer.concat([this.#inner, Buffer.from(message)])
  }
}
