/**
 * Collects what is said within one turn of the event loop, and says it at once: a message costs more than
 * its content.
 */
export class Bundle<Item> {
  readonly #send: (items: readonly Item[]) => void
  #items: Item[] = []

  constructor(send: (items: readonly Item[]) => void) {
    this.#send = send
  }

  add(item: Item): void {
    this.#items.push(item)
    if (this.#items.length === 1) setImmediate(() => this.#sendAll())
  }

  #sendAll(): void {
    const items = this.#items
    this.#items = []
    this.#send(items)
  }
}
