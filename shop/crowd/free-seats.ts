/** The free seats of one event, from the stream that its page reads. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ShopEvent } from '../catalogue.ts'

const AGAIN_MS = 500
/** A message is at most the whole map, in base64. */
const MESSAGE_CHARACTERS_MAX = 1_000_000

export class FreeSeats {
  readonly #address: string
  readonly #event: ShopEvent
  readonly #signal: AbortSignal
  readonly #states: Uint8Array

  constructor(address: string, event: ShopEvent, signal: AbortSignal) {
    this.#address = address
    this.#event = event
    this.#signal = signal
    // Nothing is known to be free yet.
    this.#states = new Uint8Array(event.seats.length).fill(1)
  }

  /** The best ones, by name. */
  first(count: number): readonly string[] {
    const free: string[] = []
    for (let at = 0; at < this.#states.length && free.length < count; at++) {
      if (this.#states[at] === 0) free.push(this.#event.seats[at] ?? '')
    }
    return free
  }

  /** Until the signal; connects again if the shop is replaced. Never rejects. */
  async watch(): Promise<void> {
    while (!this.#signal.aborted) {
      await this.#read().catch(() => undefined)
      await delay(AGAIN_MS, undefined, { signal: this.#signal }).catch(() => undefined)
    }
  }

  async #read(): Promise<void> {
    const stream = await fetch(new URL(`/events/${this.#event.id}/seats`, this.#address), {
      signal: this.#signal,
    })
    let text = ''
    for await (const some of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += some
      const messages = text.split('\n\n')
      text = messages.pop() ?? ''
      for (const message of messages) this.#take(message)
      if (text.length > MESSAGE_CHARACTERS_MAX) return
    }
  }

  #take(message: string): void {
    const [, event, data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(message) ?? []
    if (event === 'all') {
      const bytes = Buffer.from(data, 'base64')
      for (let at = 0; at < this.#states.length; at++) {
        this.#states[at] = ((bytes[at >> 2] ?? 0) >> ((at & 3) * 2)) & 3
      }
    }
    if (event === 'delta') {
      const changes = JSON.parse(data) as readonly number[]
      for (let at = 0; at + 1 < changes.length; at += 2) this.#states[changes[at] ?? 0] = changes[at + 1] ?? 1
    }
  }
}
