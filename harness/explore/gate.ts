/**
 * The gate between a strategy and its engines: what a client is about to send is announced, and waits for the scheduler's word. The
 * connections that strategies are given lead through it, so no strategy knows.
 */
import type { Touch } from './footprint.ts'

/** One statement, command or request. */
export interface Request {
  readonly store: 'postgres' | 'redis' | 'tigerbeetle'
  /** For a reader, on one line; also what a replay is recognised by. */
  readonly text: string
  /** Sends it and settles with the engine's answer. Called once, or not at all. */
  send(): Promise<unknown>
  /** The answer for a reader, on one line. */
  tell(answer: unknown): string
  /** What it touched, known when it has been answered. */
  touched(): readonly Touch[]
  /** Whether the answer is a bare no: asked again with nothing changed, it would be the same. */
  isRefusal(answer: unknown): boolean
  /** The server's process that serves it, once it was sent; for PostgreSQL, to be asked who waits for whom. */
  sessionPid?(): number | undefined
}

export interface Announced extends Request {
  answered(answer: unknown): void
  failed(error: unknown): void
}

/** Its client is dead: whatever it still wants never reaches an engine. */
export class ClientDiedError extends Error {
  override readonly name = 'ClientDiedError'
  constructor() {
    super('the client died')
  }
}

/** One client's side of the engines. */
export interface Gate {
  /** Announces, and settles as the engine answered. */
  pass(request: Request): Promise<unknown>
}

/** A gate whose keeper changes from schedule to schedule, while the connections behind it stay. */
export class Doorway implements Gate {
  #keeper: Gate | undefined

  /** Without a keeper everything passes at once. */
  setKeeper(keeper: Gate | undefined): void {
    this.#keeper = keeper
  }

  pass(request: Request): Promise<unknown> {
    return this.#keeper === undefined ? request.send() : this.#keeper.pass(request)
  }
}
