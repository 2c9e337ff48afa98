/** Both ends of connections through a proxy: a server that answers or only listens, and clients. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface TestServer extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number }
  /** Its ends of all connections that were ever opened. */
  readonly sockets: readonly Socket[]
  /** All bytes that the connection with this number has brought. */
  received(number: number): Buffer
}

/** `answer`: called with all that arrives; an echo by default. */
export async function listening(
  answer: (socket: Socket, bytes: Buffer) => void = (socket, bytes) => socket.write(bytes),
): Promise<TestServer> {
  const sockets: Socket[] = []
  const received: Buffer[][] = []
  const server: Server = createServer({ noDelay: true }, (socket) => {
    const chunks: Buffer[] = []
    sockets.push(socket)
    received.push(chunks)
    socket.on('error', () => undefined)
    socket.on('data', (bytes: Buffer) => {
      chunks.push(bytes)
      answer(socket, bytes)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it does not listen')
  return {
    address: { host: '127.0.0.1', port: address.port },
    sockets,
    received: (number) => Buffer.concat(received[number] ?? []),
    async [Symbol.asyncDispose]() {
      for (const each of sockets) each.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

export interface TestClient extends Disposable {
  readonly socket: Socket
  /** All bytes that have arrived. */
  received(): Buffer
  /** The next bytes after this many; rejects when the connection ends first. */
  until(bytes: number): Promise<Buffer>
  /** How the connection ended: with the code of an error, or in order. */
  readonly over: Promise<string>
}

export async function dial(address: { readonly host: string; readonly port: number }): Promise<TestClient> {
  const socket = connect({ ...address, noDelay: true })
  const chunks: Buffer[] = []
  let how = 'in order'
  socket.on('error', (error) => {
    how = 'code' in error ? String(error.code) : error.message
  })
  const over = new Promise<string>((resolve) => socket.once('close', () => resolve(how)))
  socket.on('data', (bytes: Buffer) => chunks.push(bytes))
  await Promise.race([happened(socket, 'connect'), over])
  const received = () => Buffer.concat(chunks)
  return {
    socket,
    received,
    over,
    async until(bytes) {
      while (received().length < bytes) {
        const next = await Promise.race([happened(socket, 'data'), over])
        if (typeof next === 'string') throw new Error(`the connection ended: ${next}`)
      }
      return received()
    },
    [Symbol.dispose]: () => socket.destroy(),
  }
}

/** Unlike `once` of Node, it does not reject when the connection breaks: that is what `over` is for. */
function happened(socket: Socket, event: 'connect' | 'data'): Promise<void> {
  return new Promise((resolve) => socket.once(event, () => resolve()))
}

/** Says something, and waits for as many bytes more than there were. */
export async function echoed(client: TestClient, text: string): Promise<string> {
  const before = client.received().length
  client.socket.write(text)
  const all = await client.until(before + text.length)
  return all.subarray(before).toString()
}
