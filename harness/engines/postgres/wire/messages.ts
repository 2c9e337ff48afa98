/** PostgreSQL's protocol as far as it must be read: where a message ends, and what it says to a reader. */

export interface WireMessage {
  /** One letter. */
  readonly type: string
  /** The whole message, as it is sent on. */
  readonly bytes: Buffer
  /** Without its letter and its length. */
  readonly body: Buffer
}

/** Longer ones are no messages, or of somebody who wants all memory. */
const BYTES_MAX = 2 ** 28
const HEADER = 5

/** Splits what arrives into messages. Throws `RangeError` for a length that no message has. */
export class MessageSplitter {
  #rest: Buffer = Buffer.alloc(0)

  take(chunk: Buffer): readonly WireMessage[] {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const messages: WireMessage[] = []
    while (rest.length >= HEADER) {
      const length = 1 + rest.readUInt32BE(1)
      if (length < HEADER || length > BYTES_MAX) throw new RangeError(`no message has ${length} bytes`)
      if (rest.length < length) break
      const bytes = rest.subarray(0, length)
      messages.push({ type: String.fromCharCode(bytes[0] ?? 0), bytes, body: bytes.subarray(HEADER) })
      rest = rest.subarray(length)
    }
    this.#rest = rest
    return messages
  }
}

/** What a connection begins with has no letter: its length, a code, and what belongs to that. */
export type Opening = 'encryption' | 'cancel' | 'startup'

const ENCRYPTION: ReadonlySet<number> = new Set([80_877_103, 80_877_104])
const CANCEL = 80_877_102
const OPENING_BYTES_MAX = 10_000

/** The first of what arrived; undefined as long as it is not complete. Throws `RangeError`. */
export function openingIn(bytes: Buffer): { readonly kind: Opening; readonly bytes: Buffer } | undefined {
  if (bytes.length < 8) return undefined
  const length = bytes.readUInt32BE(0)
  if (length < 8 || length > OPENING_BYTES_MAX) throw new RangeError('this is no client of PostgreSQL')
  if (bytes.length < length) return undefined
  const code = bytes.readUInt32BE(4)
  const kind = ENCRYPTION.has(code) ? 'encryption' : code === CANCEL ? 'cancel' : 'startup'
  return { kind, bytes: bytes.subarray(0, length) }
}

/** The same start of a session, with one more option of its command line. */
export function withOption(startup: Buffer, option: string): Buffer {
  const words = startup.subarray(8).toString('utf8').split('\0')
  const pairs: [string, string][] = []
  for (let at = 0; at + 1 < words.length && words[at] !== ''; at += 2) {
    pairs.push([words[at] ?? '', words[at + 1] ?? ''])
  }
  const own = pairs.find(([name]) => name === 'options')?.[1]
  const all = [
    ...pairs.filter(([name]) => name !== 'options'),
    ['options', own === undefined ? option : `${own} ${option}`],
  ]
  const body = Buffer.from(`${all.map(([name, value]) => `${name}\0${value}\0`).join('')}\0`)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + body.length, 0)
  startup.copy(head, 4, 4, 8)
  return Buffer.concat([head, body])
}

/** Reads a body from its beginning on. */
export class BodyReader {
  readonly #body: Buffer
  #at = 0

  constructor(body: Buffer) {
    this.#body = body
  }

  text(): string {
    const end = this.#body.indexOf(0, this.#at)
    const text = this.#body.toString('utf8', this.#at, end === -1 ? this.#body.length : end)
    this.#at = end === -1 ? this.#body.length : end + 1
    return text
  }

  int16(): number {
    const value = this.#body.readInt16BE(this.#at)
    this.#at += 2
    return value
  }

  int32(): number {
    const value = this.#body.readInt32BE(this.#at)
    this.#at += 4
    return value
  }

  bytes(length: number): Buffer {
    const bytes = this.#body.subarray(this.#at, this.#at + length)
    this.#at += length
    return bytes
  }
}
