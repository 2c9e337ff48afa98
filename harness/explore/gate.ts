/**
 * The gate between a strategy and its engines: each request of a client is announced, and waits until the
 * scheduler lets it through. The strategies' connections lead through it, and no strategy notices.
 */
import type { Gate, Request } from '../engines/engine.ts'
import { isOfACall, isOfTheStrategyItself, withoutOrigin } from './origin.ts'

export interface Announced extends Request {
  answered(answer: unknown): void
  failed(error: unknown): void
}

/** Its client is dead: its further requests never reach an engine. */
export class ClientDiedError extends Error {
  override readonly name = 'ClientDiedError'
  constructor() {
    super('the client died')
  }
}

/** Lets a client's requests through, one by one. */
export interface GateController {
  pass(request: Request): Promise<unknown>
}

/** A gate whose controller changes from schedule to schedule, while the connections behind it stay. */
export class SwitchableGate implements Gate {
  #controller: GateController | undefined
  readonly #passing = new Set<Promise<unknown>>()
  readonly #byItself = new Set<string>()

  /** Without a controller, every request passes at once. */
  setController(controller: GateController | undefined): void {
    this.#controller = controller
  }

  pass(request: Request): Promise<unknown> {
    if (this.#controller !== undefined && isOfACall()) return this.#controller.pass(request)
    if (this.#controller !== undefined || isOfTheStrategyItself()) this.#byItself.add(request.text)
    const passing = withoutOrigin(() => request.send())
    this.#passing.add(passing)
    passing.then(
      () => this.#passing.delete(passing),
      () => this.#passing.delete(passing),
    )
    return passing
  }

  openBehind<Connection>(open: () => Connection): Connection {
    return withoutOrigin(open)
  }

  /** What the strategy has requested from an engine outside any call since the last check. */
  askedByItself(): readonly string[] {
    const asked = [...this.#byItself]
    this.#byItself.clear()
    return asked
  }

  /** Resolves when no request that passed unseen is in flight. */
  async quiet(): Promise<void> {
    while (this.#passing.size > 0) {
      await Promise.allSettled(this.#passing)
      // After an answer, the caller may send more requests, or finish its work.
      await new Promise(setImmediate)
    }
  }
}
