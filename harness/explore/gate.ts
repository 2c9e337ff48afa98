/**
 * The gate between a strategy and its engines: what a client is about to send is announced, and waits for the scheduler's word. The
 * connections that strategies are given lead through it, so no strategy knows.
 */
import type { Gate, Request } from '../engines/engine.ts'

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
