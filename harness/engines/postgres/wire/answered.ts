/** The answer to one request: all messages up to the one that says that the server is ready again. */
import { BodyReader, type WireMessage } from './messages.ts'

export interface WireAnswer {
  /** What is sent on. */
  readonly bytes: Buffer
  readonly rows: number
  /** As the server ends each statement: `UPDATE 1`. */
  readonly tags: readonly string[]
}

/** The server refused it. It is sent on all the same, once the client may hear it. */
export class WireRefusal extends Error {
  override readonly name = 'WireRefusal'
  /** SQLSTATE. */
  readonly code: string
  readonly bytes: Buffer

  constructor(message: string, code: string, bytes: Buffer) {
    super(message)
    this.code = code
    this.bytes = bytes
  }
}

/** Throws `WireRefusal` if one of them is an error. */
export function answeredIn(messages: readonly WireMessage[]): WireAnswer {
  const bytes = Buffer.concat(messages.map((message) => message.bytes))
  const error = messages.find(({ type }) => type === 'E')
  if (error !== undefined) {
    const fields = fieldsOf(error.body)
    throw new WireRefusal(fields.get('M') ?? 'an error', fields.get('C') ?? '', bytes)
  }
  return {
    bytes,
    rows: messages.filter(({ type }) => type === 'D').length,
    tags: messages.flatMap(({ type, body }) => (type === 'C' ? new BodyReader(body).text() : [])),
  }
}

function fieldsOf(body: Buffer): ReadonlyMap<string, string> {
  const reader = new BodyReader(body)
  const fields = new Map<string, string>()
  for (let text = reader.text(); text !== ''; text = reader.text()) fields.set(text[0] ?? '', text.slice(1))
  return fields
}

export function toldOf(answer: unknown): string {
  const { rows, tags } = answer as WireAnswer
  const changed = tags
    .map((tag) => /^(?:INSERT 0|UPDATE|DELETE|MERGE) (\d+)/.exec(tag)?.[1])
    .findLast(Boolean)
  const count =
    changed ?? (rows > 0 || tags.some((tag) => tag.startsWith('SELECT')) ? String(rows) : undefined)
  if (count === undefined) return 'done'
  return `${count} row${count === '1' ? '' : 's'}`
}
