/**
 * The gate between a strategy and its engines: what a client is about to send is announced, and waits for the
 * scheduler's word. The connections that strategies are given lead through it, so no strategy knows.
 */
import type { Gate, Request } from '../engines/engine.ts'
import { isOfACall, isOfTheStrategyItself, withoutOrigin } from './origin.ts'

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

/** Who lets a client's requests through, one by one. */
export interface GateController {
  pass(request: Request): Promise<unknown>
}

/** A gate whose controller changes from schedule to schedule, while the connections behind it stay. */
export class SwitchableGate implements Gate {
  #controller: GateController | undefined
  readonly #passing = new Set<Promise<unknown>>()
  readonly #byItself = new Set<string>()

  /** Without a controller everything passes at once. */
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

  /** What the strategy has asked of an engine by itself, in no call, since it was last asked. */
  askedByItself(): readonly string[] {
    const asked = [...this.#byItself]
    this.#byItself.clear()
    return asked
  }

  /** When nothing of what passed unseen is on its way any more. */
  async quiet(): Promise<void> {
    while (this.#passing.size > 0) {
      await Promise.allSettled(this.#passing)
      // Whoever was answered may ask on, or end what it began.
      await new Promise(setImmediate)
    }
  }
}
