/**
 * Remembers what was used last, in bounded memory and in the same time however much it remembers.
 *
 * (A single `Map` that drops its oldest entry is slow once it is full: the entries that were dropped stay in
 * its table until it is rebuilt, and every look for the oldest one passes over all of them.)
 */
export class Recent<Key, Value> {
  readonly #halfMax: number
  #newer = new Map<Key, Value>()
  #older = new Map<Key, Value>()

  /** `entriesMax`: at least half as many of those that were put in last are remembered. */
  constructor(entriesMax: number) {
    this.#halfMax = Math.ceil(entriesMax / 2)
  }

  get(key: Key): Value | undefined {
    return this.#newer.get(key) ?? this.#older.get(key)
  }

  set(key: Key, value: Value): void {
    if (this.#newer.size >= this.#halfMax) {
      this.#older = this.#newer
      this.#newer = new Map()
    }
    this.#newer.set(key, value)
  }
}
