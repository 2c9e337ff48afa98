/** Takes what the rules find in a window, and remembers only which resources it is about. */
import { intAt } from '../at.ts'
import type { Envelopes } from '../envelopes.ts'
import { type Breach, Findings } from '../findings.ts'

/** Of these, a reader is told if the whole cannot be judged. */
const SENTENCES_MAX = 3

export class Suspicions extends Findings {
  readonly #envelopes: Envelopes
  readonly #sentences: string[]
  readonly #onResource: (resource: number) => void
  readonly #onHold: (hold: number) => void

  /** `sentences`: gets the first few. A breach is about a resource, or about holds. */
  constructor(
    envelopes: Envelopes,
    sentences: string[],
    on: { readonly resource: (resource: number) => void; readonly hold: (hold: number) => void },
  ) {
    super(envelopes)
    this.#envelopes = envelopes
    this.#sentences = sentences
    this.#onResource = on.resource
    this.#onHold = on.hold
  }

  override add({ rule, resource, explain }: Breach): void {
    this.total++
    const isTold = this.#sentences.length < SENTENCES_MAX
    const explained = isTold || resource === undefined ? explain() : undefined
    if (isTold && explained !== undefined) this.#sentences.push(`${rule}: ${explained.message}`)
    if (resource !== undefined) this.#onResource(resource)
    else for (const hold of explained?.holds ?? []) this.#onHold(hold)
  }

  /** The resource of a refusal that was wrong, although nobody promised that it would be right. */
  resourceOfRefusal(operation: number): number {
    return intAt(this.#envelopes.history.detail, operation)
  }
}
