/**
 * One connection of a reader's code, and the session of PostgreSQL behind it. How they get to know each other
 * is between the two; from then on each request waits at the gate, and its answer with it.
 */
import type { Socket } from 'node:net'
import type { Gate } from '../../engine.ts'
import { saidBy, shapeOf, textOf } from '../../wording.ts'
import { isSeveral } from '../statements.ts'
import { touching } from '../touch.ts'
import { answeredIn, toldOf, type WireAnswer, WireRefusal } from './answered.ts'
import { PreparedTexts } from './asked.ts'
import { MessageSplitter, type WireMessage } from './messages.ts'

const DEADLOCK = '40P01'
const SEVERAL =
  'several statements are sent in one text and are one step: what another client does between them is not seen'
/** The client wants an answer to all that it has sent before. */
const ENDS_REQUEST = new Set(['Q', 'S', 'F'])
/** Rows that the client sends while a COPY waits for them. */
const OF_COPY = new Set(['d', 'c', 'f'])
const TERMINATE = 'X'
const FLUSH = 'H'
const READY = 'Z'
const KEY = 'K'
const COPY_IN = new Set(['G', 'W'])

interface Waiting {
  readonly messages: WireMessage[]
  readonly over: PromiseWithResolvers<readonly WireMessage[]>
}

export interface WireSessionOptions {
  readonly client: Socket
  readonly server: Socket
  readonly gate: Gate
  /** Called for whatever its client or its server does. */
  onMove(): void
  onEnd(): void
}

export class WireSession {
  readonly #client: Socket
  readonly #server: Socket
  readonly #gate: Gate
  readonly #onMove: () => void
  readonly #fromClient = new MessageSplitter()
  readonly #fromServer = new MessageSplitter()
  readonly #texts = new PreparedTexts()
  #request: WireMessage[] = []
  /** Requests that the server has and has not answered, in their order. */
  readonly #sent: Waiting[] = []
  /** Announced, and not answered to the client. */
  #asked = 0
  #isReady: boolean = false
  #isOver: boolean = false
  /** As the server said last: idle, or within a transaction. */
  #isIdle: boolean = true
  pid: number | undefined

  constructor({ client, server, gate, onMove, onEnd }: WireSessionOptions) {
    this.#client = client
    this.#server = server
    this.#gate = gate
    this.#onMove = onMove
    client.on('data', (data) => this.#guarded(() => this.#clientSays(data)))
    server.on('data', (data) => this.#guarded(() => this.#serverSays(data)))
    for (const socket of [client, server]) {
      socket.on('error', () => this.end())
      socket.on('close', () => {
        this.end()
        onEnd()
      })
    }
  }

  /** Whether the engine would notice that it ended: it is in a transaction, or waits for an answer. */
  get isInHand(): boolean {
    return !this.#isIdle || this.#sent.length > 0
  }

  /** Whether the two are still getting to know each other. */
  get isOpening(): boolean {
    return !this.#isReady && !this.#isOver
  }

  /** Whether its client has heard every answer, and may be about to ask again. */
  get isHeard(): boolean {
    return this.#asked === 0
  }

  /** Cuts it on both sides. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#client.destroy()
    this.#server.destroy()
    for (const { over } of this.#sent.splice(0)) over.reject(new Error('Connection terminated unexpectedly'))
    this.#onMove()
  }

  #guarded(work: () => void): void {
    try {
      work()
    } catch {
      // Bytes that are no messages of the protocol: as a server does, it hangs up.
      this.end()
    }
  }

  #clientSays(data: Buffer): void {
    this.#onMove()
    if (!this.#isReady) {
      this.#server.write(data)
      return
    }
    for (const message of this.#fromClient.take(data)) {
      if (message.type === TERMINATE || OF_COPY.has(message.type)) this.#server.write(message.bytes)
      else if (message.type === FLUSH)
        throw new RangeError('answers to parts of a request are not known here')
      else {
        this.#request.push(message)
        if (ENDS_REQUEST.has(message.type)) this.#ask(this.#request.splice(0))
      }
    }
  }

  #ask(messages: readonly WireMessage[]): void {
    const asked = this.#texts.read(messages)
    this.#asked++
    // What only prepares is no step: it changes nothing.
    const answer = asked.length === 0 ? this.#send(messages) : this.#passed(messages, asked)
    answer
      .then(
        ({ bytes }) => this.#client.write(bytes),
        (error: unknown) => {
          if (error instanceof WireRefusal) this.#client.write(error.bytes)
          else this.end()
        },
      )
      .finally(() => {
        this.#asked--
        this.#onMove()
      })
  }

  async #passed(
    messages: readonly WireMessage[],
    asked: ReturnType<PreparedTexts['read']>,
  ): Promise<WireAnswer> {
    const answer = await this.#gate.pass({
      store: 'postgres',
      text: asked.map(({ text, values }) => textOf(text, values)).join('; '),
      shape: asked.map(({ text }) => shapeOf(text)).join('; '),
      ...(asked.some(({ text }) => isSeveral(text)) && { doubt: SEVERAL }),
      send: () => this.#send(messages),
      tell: (told) => (told instanceof Error ? saidBy(told) : toldOf(told)),
      touched: () => [touching('any', 'all')],
      isRefusal: () => false,
      isPicked: (error) => error instanceof WireRefusal && error.code === DEADLOCK,
      session: () => this.pid,
    })
    return answer as WireAnswer
  }

  async #send(messages: readonly WireMessage[]): Promise<WireAnswer> {
    if (this.#isOver) throw new Error('Connection terminated unexpectedly')
    const over = Promise.withResolvers<readonly WireMessage[]>()
    this.#sent.push({ messages: [], over })
    this.#server.write(Buffer.concat(messages.map(({ bytes }) => bytes)))
    return answeredIn(await over.promise)
  }

  #serverSays(data: Buffer): void {
    this.#onMove()
    if (!this.#isReady) this.#client.write(data)
    for (const message of this.#fromServer.take(data)) {
      if (this.#isReady) this.#answer(message)
      else if (message.type === KEY) this.pid = message.body.readInt32BE(0)
      else if (message.type === READY) this.#isReady = true
    }
  }

  #answer(message: WireMessage): void {
    const [first] = this.#sent
    if (first === undefined) {
      // A notice, a setting, or the reason why the server ends the session.
      this.#client.write(message.bytes)
      return
    }
    if (COPY_IN.has(message.type)) this.#client.write(Buffer.concat([...bytesOf(first), message.bytes]))
    else first.messages.push(message)
    if (message.type !== READY) return
    this.#isIdle = String.fromCharCode(message.body[0] ?? 0) === 'I'
    this.#sent.shift()
    first.over.resolve(first.messages)
  }
}

/** What was kept until now; it is sent on at once, as the client must answer it. */
function bytesOf({ messages }: Waiting): readonly Buffer[] {
  return messages.splice(0).map(({ bytes }) => bytes)
}
