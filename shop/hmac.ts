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

export class HmacSha256 {
  /** The key's block, combined. */
  readonly #inner: Buffer
  /** The other one, with room for the digest of the inner hash. */
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES)

  /** The key is taken as UTF-8. */
  constructor(key: string) {
    const bytes = Buffer.from(key)
    const block = Buffer.alloc(BLOCK_BYTES)
    block.set(bytes.length > BLOCK_BYTES ? hash('sha256', bytes, 'buffer') : bytes)
    this.#inner = Buffer.from(block.map((byte) => byte ^ INNER))
    this.#outer.set(block.map((byte) => byte ^ OUTER))
  }

  /** A text is taken as UTF-8. */
  of(message: string | Buffer, encoding: 'base64' | 'base64url' | 'hex'): string {
    const bytes = typeof message === 'string' ? Buffer.from(message) : message
    const inner = hash('sha256', Buffer.concat([this.#inner, bytes]), 'binary')
    this.#outer.write(inner, BLOCK_BYTES, 'binary')
    return hash('sha256', this.#outer, encoding)
  }
}
