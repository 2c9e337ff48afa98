/**
 * Visitors of the benchmark, on bare sockets: a client library would take more memory than what is
 * measured.
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../../../harness/clock.ts'
import { attachRoom, type RoomJob } from '../open-room.ts'
import { drawKey } from '../queue/draw.ts'
import { RoomKeys } from '../tokens.ts'
import { joinsInTime } from './joins.ts'
import type { JoinFigures, JoinRate, VisitorsOrder } from './messages.ts'

const JOINED_AT_ONCE = 500
/** Connections that are opened at the same time: fewer than a server's backlog. */
const OPENING_AT_ONCE = 200
const OPEN_DEADLINE_MS = 60_000
const TOLD_DEADLINE_MS = 60_000
/** More than joins are under way at any moment, so that none waits for a connection. */
const JOIN_CONNECTIONS = 1_024

interface Stream {
  readonly socket: Socket
  /** The end of what came, where a text may begin. */
  tail: string
}

export class Streams {
  readonly #open: Stream[] = []
  #failed = 0
  #heard: ((stream: Stream, text: string) => void) | undefined

  async start(
    order: VisitorsOrder & { readonly count: number; readonly job: RoomJob },
  ): Promise<{ readonly open: number; readonly failed: number }> {
    const headers = await placesFor(order.count, order.job)
    for (let from = 0; from < headers.length; from += OPENING_AT_ONCE) {
      const some = headers.slice(from, from + OPENING_AT_ONCE)
      await Promise.all(some.map((each, at) => this.#start(portAt(order, at), order.from, each)))
    }
    return { open: this.#open.length, failed: this.#failed }
  }

  async told(text: string): Promise<{ readonly atMs: number; readonly missing: number }> {
    const waiting = new Set(this.#open)
    const all = new AbortController()
    let atMs = monotonicMs()
    this.#heard = (stream, heard) => {
      if (!heard.includes(text) || !waiting.delete(stream)) return
      atMs = monotonicMs()
      if (waiting.size === 0) all.abort()
    }
    await delay(TOLD_DEADLINE_MS, undefined, { signal: all.signal }).catch(() => undefined)
    this.#heard = undefined
    return { atMs, missing: waiting.size }
  }

  close(): void {
    for (const { socket } of this.#open) socket.destroy()
  }

  async #start(port: number, from: string, cookie: string): Promise<void> {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: from })
      const stream: Stream = { socket, tail: '' }
      const timer = setTimeout(() => resolve(false), OPEN_DEADLINE_MS)
      socket.setNoDelay(true)
      socket.on('error', () => resolve(false))
      socket.on('data', (chunk) => {
        clearTimeout(timer)
        const heard = stream.tail + chunk.toString('latin1')
        stream.tail = heard.slice(-TAIL)
        if (heard.includes('event: ')) resolve(true)
        else if (heard.startsWith('HTTP/1.1 ') && !heard.startsWith('HTTP/1.1 200')) resolve(false)
        this.#heard?.(stream, heard)
      })
      socket.once('connect', () => {
        socket.write(`GET /waiting-room/events HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: ${cookie}\r\n\r\n`)
        this.#open.push(stream)
      })
    })
    if (!isOpen) this.#failed += 1
  }
}

/** Longer than any text that is waited for. */
const TAIL = 64

/** Cookies of so many visitors with a place, joined in the store itself. */
async function placesFor(count: number, job: RoomJob): Promise<readonly string[]> {
  await using attached = await attachRoom(job)
  const keys = new RoomKeys(job.settings.secret)
  const cookies: string[] = []
  while (cookies.length < count) {
    const some = Array.from({ length: Math.min(JOINED_AT_ONCE, count - cookies.length) }, () => {
      const { cookie, binding } = keys.newVisitor()
      const place = keys.newPlace()
      cookies.push(`holdfast-visitor=${cookie}; holdfast-place=${keys.tokenOf(place, binding)}`)
      return { place, identity: binding, binding, draw: drawKey(job.settings.rules.seed, place) }
    })
    await attached.store.join(some)
  }
  return cookies
}

/** Visitors who join, on connections that stay open from one run to the next. */
export class Joiners {
  readonly #all: Joiner[] = []

  async run(order: VisitorsOrder & JoinRate): Promise<JoinFigures> {
    await this.#open(order)
    const free = [...this.#all]
    const due: ((isJoined: boolean) => void)[] = []
    const ask = (joiner: Joiner, answered: (isJoined: boolean) => void): void =>
      joiner.ask((isJoined) => {
        answered(isJoined)
        const next = due.shift()
        if (next === undefined) free.push(joiner)
        else ask(joiner, next)
      })
    return joinsInTime(order, (answered) => {
      const joiner = free.pop()
      if (joiner === undefined) due.push(answered)
      else ask(joiner, answered)
    })
  }

  close(): void {
    for (const { socket } of this.#all) socket.destroy()
  }

  async #open(order: VisitorsOrder): Promise<void> {
    while (this.#all.length < JOIN_CONNECTIONS) {
      const count = Math.min(OPENING_AT_ONCE, JOIN_CONNECTIONS - this.#all.length)
      const opening = Array.from({ length: count }, (_, at) =>
        openJoiner(portAt(order, this.#all.length + at), order.from),
      )
      this.#all.push(...(await Promise.all(opening)))
    }
  }
}

function portAt({ ports }: VisitorsOrder, at: number): number {
  return ports[at % ports.length] ?? ports[0]
}

interface Joiner {
  readonly socket: Socket
  ask(answered: (isJoined: boolean) => void): void
}

const BODY = JSON.stringify({ challenge: '', nonce: '' })
const JOIN = `POST /waiting-room/join HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`

/** One request at a time on one connection. */
async function openJoiner(port: number, from: string): Promise<Joiner> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from })
  socket.setNoDelay(true)
  socket.on('error', () => undefined)
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  let heard = ''
  let answered: ((isJoined: boolean) => void) | undefined
  socket.on('data', (chunk) => {
    heard += chunk.toString('latin1')
    const end = heard.indexOf('\r\n\r\n')
    const length = Number(/content-length: (\d+)/i.exec(heard)?.[1] ?? Number.NaN)
    if (end < 0 || !(heard.length >= end + 4 + length)) return
    const isJoined = heard.startsWith('HTTP/1.1 200')
    heard = ''
    answered?.(isJoined)
  })
  return {
    socket,
    ask(told) {
      answered = told
      socket.write(JOIN)
    },
  }
}
