/**
 * Which clients were refused, and what, since their last progress. A client that would only be refused again
 * is held back as long as another can make a step, until a step touches what the refusal had read.
 */
import type { Touch } from '../engines/engine.ts'
import type { Footprint } from './footprint.ts'
import { concerns } from './footprint.ts'
import type { Announced } from './gate.ts'
import type { ScheduledClient } from './scheduled-client.ts'

export class Refusals {
  /** By client: its request, and what that read. */
  readonly #refused = new Map<ScheduledClient, Map<string, readonly Touch[]>>()

  /** Whether its next step would only be refused again. */
  holdBack(client: ScheduledClient): boolean {
    return this.#refused.get(client)?.has(questionOf(client.pending)) === true
  }

  /** A client was answered: either only with refusals, or it made progress. */
  heard(client: ScheduledClient, requests: readonly Announced[], isRefused: boolean): void {
    if (!isRefused) {
      this.#refused.delete(client)
      return
    }
    const own = this.#refused.get(client) ?? new Map<string, readonly Touch[]>()
    this.#refused.set(client, own)
    own.set(
      questionOf(requests),
      requests.flatMap((request) => request.touched()),
    )
  }

  /** After a step: clients that were refused may now get another answer. */
  reconsider(by: ScheduledClient | undefined, { touches: touched }: Footprint): void {
    for (const [client, refusals] of this.#refused) {
      if (client === by) continue
      for (const [question, touches] of refusals) {
        if (concerns(touches, touched)) refusals.delete(question)
      }
    }
  }
}

function questionOf(requests: readonly Announced[]): string {
  return requests.map(({ question, text }) => question ?? text).join(' + ')
}
