/** One direction of one connection: bytes from one socket to the other, in order, each when it is due. */
import type { Socket } from 'node:net'
import type { DelayLine, Waiting } from './delay-line.ts'
import type { Link } from './link.ts'

/** Bytes under way in one direction. With more, the sender is not read, and is slowed down by its own TCP. */
const UNDER_WAY_BYTES_MAX = 1024 * 1024

/** Without bytes: the sender will send no more. */
interface Piece {
  readonly dueMs: number
  readonly bytes: Buffer | undefined
}

export class Pipe implements Waiting {
  readonly #from: Socket
  readonly #to: Socket
  readonly #link: Link
  readonly #line: DelayLine
  #pieces: Piece[] = []
  #underWayBytes = 0
  #lastDueMs = 0
  /** The receiver is slower than the sender. */
  #isFull: boolean = false
  #isKept: boolean = false
  #isOver: boolean = false
  /** Bytes that were delivered. */
  passedBytes = 0

  constructor(from: Socket, to: Socket, on: { readonly link: Link; readonly line: DelayLine }) {
    this.#from = from
    this.#to = to
    this.#link = on.link
    this.#line = on.line
    to.on('drain', () => {
      this.#isFull = false
      this.#goOn()
    })
  }

  send(bytes: Buffer): void {
    const nowMs = performance.now()
    const pieceBytes = this.#link.pieceBytes()
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      this.#enter(bytes.subarray(at, Math.min(bytes.length, at + pieceBytes)), nowMs)
    }
  }

  /** The sender has ended its direction. */
  end(): void {
    this.#enter(undefined, performance.now())
  }

  /** Keeps everything from now on, or delivers what was kept. */
  keep(isKept: boolean): void {
    this.#isKept = isKept
    if (!isKept) this.#goOn()
  }

  /** Drops what is under way: the connection is gone. */
  drop(): void {
    this.#isOver = true
    this.#pieces = []
    this.#line.remove(this)
  }

  nextMs(): number {
    if (this.#isKept || this.#isFull) return Number.POSITIVE_INFINITY
    return this.#pieces[0]?.dueMs ?? Number.POSITIVE_INFINITY
  }

  passOn(nowMs: number): void {
    while (this.nextMs() <= nowMs) {
      const piece = this.#pieces.shift()
      if (piece !== undefined) this.#deliver(piece.bytes)
    }
  }

  #enter(bytes: Buffer | undefined, nowMs: number): void {
    if (this.#isOver) return
    // Never before what was sent earlier.
    const dueMs = Math.max(this.#lastDueMs, this.#link.arrivalMs(nowMs, bytes?.length ?? 0))
    this.#lastDueMs = dueMs
    this.#underWayBytes += bytes?.length ?? 0
    if (dueMs <= nowMs && this.#pieces.length === 0 && !this.#isKept && !this.#isFull) {
      this.#deliver(bytes)
      return
    }
    this.#pieces.push({ dueMs, bytes })
    if (this.#underWayBytes > UNDER_WAY_BYTES_MAX) this.#from.pause()
    if (this.nextMs() < Number.POSITIVE_INFINITY) this.#line.add(this)
  }

  #deliver(bytes: Buffer | undefined): void {
    if (bytes === undefined) {
      this.#to.end()
      return
    }
    this.#underWayBytes -= bytes.length
    this.passedBytes += bytes.length
    this.#isFull = !this.#to.write(bytes)
    if (this.#underWayBytes < UNDER_WAY_BYTES_MAX / 2 && this.#from.isPaused()) this.#from.resume()
  }

  #goOn(): void {
    if (this.nextMs() < Number.POSITIVE_INFINITY) this.#line.add(this)
  }
}
