/** What a client asks in one request, as a reader would write it: its statements, with their parameters. */
import { BodyReader, type WireMessage } from './messages.ts'

export interface Asked {
  readonly text: string
  readonly values: readonly unknown[]
}

const TEXT_FORMAT = 0

/** The statements that a session has prepared, by name. */
export class PreparedTexts {
  readonly #texts = new Map<string, string>()

  /** The messages up to the one that wants an answer. A request that executes nothing has no statement. */
  read(messages: readonly WireMessage[]): readonly Asked[] {
    const asked: Asked[] = []
    for (const { type, body } of messages) {
      const reader = new BodyReader(body)
      if (type === 'Q') asked.push({ text: reader.text(), values: [] })
      if (type === 'P') this.#texts.set(reader.text(), reader.text())
      if (type === 'B') {
        reader.text()
        asked.push({
          text: this.#texts.get(reader.text()) ?? 'a prepared statement',
          values: valuesIn(reader),
        })
      }
    }
    return asked
  }
}

function valuesIn(reader: BodyReader): readonly unknown[] {
  const formats = Array.from({ length: reader.int16() }, () => reader.int16())
  return Array.from({ length: reader.int16() }, (_, at) => {
    const length = reader.int32()
    if (length === -1) return null
    const bytes = reader.bytes(length)
    // One format is that of all.
    const format = (formats.length === 1 ? formats[0] : formats[at]) ?? TEXT_FORMAT
    return format === TEXT_FORMAT ? bytes.toString('utf8') : numberIn(bytes)
  })
}

/** In the binary format, whole numbers are the values that a reader can do something with. */
function numberIn(bytes: Buffer): unknown {
  if (bytes.length === 2) return bytes.readInt16BE(0)
  if (bytes.length === 4) return bytes.readInt32BE(0)
  if (bytes.length === 8) return bytes.readBigInt64BE(0)
  return bytes.toString('utf8')
}
