/** Bytes to a service and what comes back, past every library that would make a request of them. */
import { connect } from 'node:net'

export interface RawAnswer {
  readonly status: number
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** Undefined where the connection ended without an answer. It is closed by the first answer, or by the service. */
export function sendRaw(url: string, bytes: Buffer): Promise<RawAnswer | undefined> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const { promise, resolve } = Promise.withResolvers<RawAnswer | undefined>()
  let got = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    got = Buffer.concat([got, chunk])
    const answer = parsed(got)
    if (answer === undefined) return
    resolve(answer)
    socket.destroy()
  })
  socket.on('error', () => undefined)
  socket.on('close', () => resolve(parsed(got)))
  socket.write(bytes)
  return promise
}

function parsed(got: Buffer): RawAnswer | undefined {
  const text = got.toString('utf8')
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.split(':')[0]?.toLowerCase() ?? '', line.slice(line.indexOf(':') + 1).trim()]),
  )
  const body = text.slice(end + 4)
  if (Buffer.byteLength(body) < Number(headers['content-length'] ?? 0)) return undefined
  return { status: Number(first.split(' ')[1]), headers, body }
}
