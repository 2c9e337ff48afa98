/**
 * The strategies of one schedule and their gates. Each client opens its own strategy, as the processes of one
 * service would. They live until none of their requests is in flight.
 */
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { type Call, type Client, OWN_CONNECTION } from './client.ts'
import { withOrigin } from './origin.ts'
import { SETTINGS, type Testbed } from './testbed.ts'

export class OpenedStrategies implements AsyncDisposable {
  readonly #testbed: Testbed
  readonly #strategies: ReservationStrategy[] = []
  readonly #doubts = new Set<string>()

  static async open(testbed: Testbed): Promise<OpenedStrategies> {
    const opened = new OpenedStrategies(testbed)
    const origin = { isCall: false, onConnection: () => opened.#doubts.add(OWN_CONNECTION) }
    try {
      for (const { connections, gate } of testbed.clientConnections) {
        const opening = withOrigin(origin, () => testbed.entry.open(connections, SETTINGS))
        opened.#strategies.push(await opening)
        // Preparation is not background work.
        gate.askedByItself()
      }
      return opened
    } catch (error) {
      await opened[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(testbed: Testbed) {
    this.#testbed = testbed
  }

  /** Lets a client make its calls: from now on its gate is closed. */
  start(client: Client, at: number, calls: readonly Call[], isAtOnce: boolean): void {
    this.#testbed.clientConnections[at]?.gate.setController(client)
    const strategy = this.#strategies[at]
    if (strategy !== undefined) client.start(strategy, calls, isAtOnce)
  }

  /**
   * Closes the strategies, and waits for their requests in flight. Returns what was done outside the clients'
   * calls.
   */
  async close(): Promise<readonly string[]> {
    for (const strategy of this.#strategies.splice(0)) await strategy.close()
    for (const gate of this.#testbed.gates) {
      gate.setController(undefined)
      await gate.quiet()
      const asked = gate.askedByItself()
      if (asked.length > 0) this.#doubts.add(BY_ITSELF)
    }
    return [...this.#doubts]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

const BY_ITSELF =
  'the strategy sends requests to an engine outside any call (from a timer, or from a queue of its own), which cannot be scheduled: send requests only within a call'
