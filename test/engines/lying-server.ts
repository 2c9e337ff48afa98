/** A PostgreSQL server that does less than it says: a proxy before a real one, which changes what is asked. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { MessageSplitter, openingIn, type WireMessage } from '../../harness/engines/postgres/wire/messages.ts'

/** What a statement says, and what is executed instead. */
export type Lie = readonly [said: RegExp, done: string]

export interface LyingServer extends AsyncDisposable {
  readonly url: string
}

export async function startLyingServer(url: string, lies: readonly Lie[]): Promise<LyingServer> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  const keep = (socket: Socket, other: () => Socket | undefined): void => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      other()?.destroy()
    })
  }
  const server = createServer((client) => {
    const behind = connect(Number(port), hostname)
    keep(client, () => behind)
    keep(behind, () => client)
    behind.pipe(client)
    const splitter = new MessageSplitter()
    let opening: Buffer | undefined = Buffer.alloc(0)
    client.on('data', (data) => {
      if (opening === undefined) return passOn(splitter.take(data))
      opening = Buffer.concat([opening, data])
      for (;;) {
        const found = openingIn(opening)
        if (found === undefined) return
        opening = opening.subarray(found.bytes.length)
        if (found.kind !== 'encryption') {
          behind.write(found.bytes)
          const rest = opening
          opening = undefined
          return passOn(splitter.take(rest))
        }
        client.write('N')
      }
    })
    const passOn = (messages: readonly WireMessage[]): void => {
      // In one piece, as they came: else the network waits for more of each.
      if (messages.length > 0) behind.write(Buffer.concat(messages.map((each) => changed(each, lies))))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const lying = new URL(url)
  lying.port = String((server.address() as AddressInfo).port)
  return {
    url: lying.href,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((closed) => server.close(closed))
    },
  }
}

/** The texts of a plain query, or of a statement that is prepared. */
function changed({ type, bytes, body }: WireMessage, lies: readonly Lie[]): Buffer {
  if (type !== 'Q' && type !== 'P') return bytes
  const from = type === 'Q' ? 0 : body.indexOf(0) + 1
  const until = body.indexOf(0, from)
  const said = body.toString('utf8', from, until)
  const done = lies.reduce((text, [pattern, instead]) => text.replaceAll(pattern, instead), said)
  if (done === said) return bytes
  const changedBody = Buffer.concat([body.subarray(0, from), Buffer.from(done), body.subarray(until)])
  const head = Buffer.alloc(5)
  head.write(type, 0)
  head.writeUInt32BE(4 + changedBody.length, 1)
  return Buffer.concat([head, changedBody])
}
