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
import type { JoinFigures, VisitorsOrder } from './messages.ts'

const JOINED_AT_ONCE = 500
/** Connections that are opened at the same time: fewer than a server's backlog. */
const OPENING_AT_ONCE = 200
const OPEN_DEADLINE_MS = 20_000
const TOLD_DEADLINE_MS = 60_000
/** More than joins are under way at any moment, so that none waits for a connection. */
const JOIN_CONNECTIONS = 1_024
const DRAIN_MS = 10_000

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

/** An open loop: each join has its time, and its wait counts from then. */
export async function joinsOverHttp(
  order: VisitorsOrder & { readonly perSecond: number; readonly seconds: number },
): Promise<JoinFigures> {
  const { from, perSecond, seconds } = order
  const total = perSecond * seconds
  const ms: number[] = []
  let joined = 0
  const free: Joiner[] = []
  const all: Joiner[] = []
  while (all.length < JOIN_CONNECTIONS) {
    const count = Math.min(OPENING_AT_ONCE, JOIN_CONNECTIONS - all.length)
    all.push(
      ...(await Promise.all(
        Array.from({ length: count }, (_, at) => openJoiner(portAt(order, all.length + at), from)),
      )),
    )
  }
  const due: number[] = []
  const done = (joiner: Joiner, intendedMs: number, isJoined: boolean): void => {
    ms.push(monotonicMs() - intendedMs)
    if (isJoined) joined += 1
    const next = due.shift()
    if (next === undefined) free.push(joiner)
    else joiner.ask((answer) => done(joiner, next, answer))
  }
  free.push(...all)
  const startMs = monotonicMs()
  for (let sent = 0; sent < total; ) {
    const nowMs = monotonicMs()
    for (; sent < total && startMs + (sent * 1_000) / perSecond <= nowMs; sent++) {
      const intendedMs = startMs + (sent * 1_000) / perSecond
      const joiner = free.pop()
      if (joiner === undefined) due.push(intendedMs)
      else joiner.ask((answer) => done(joiner, intendedMs, answer))
    }
    await delay(1)
  }
  const deadlineMs = monotonicMs() + DRAIN_MS
  while (ms.length < total && monotonicMs() < deadlineMs) await delay(5)
  for (const { socket } of all) socket.destroy()
  ms.sort((a, b) => a - b)
  const at = (share: number): number => ms[Math.max(0, Math.ceil(ms.length * share) - 1)] ?? Number.NaN
  return { sent: total, joined, p50: at(0.5), p99: at(0.99), max: at(1) }
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
