interface Namespace extends AsyncDisposable {
  /** Closes the connections and leaves the data. */
  cut(): Promise<void>
}

/** The namespaces that an engine still has open. Disposing closes them. */
export class OpenNamespaces<T extends Namespace> implements AsyncDisposable {
  readonly #open = new Set<T>()
  readonly #isOwn: boolean

  /** @param isOwn - whether this run started the server, which is then discarded with everything in it */
  constructor(isOwn: boolean) {
    this.#isOwn = isOwn
  }

  add(namespace: T): T {
    this.#open.add(namespace)
    return {
      ...namespace,
      [Symbol.asyncDispose]: async () => {
        if (this.#open.delete(namespace)) await namespace[Symbol.asyncDispose]()
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const left = [...this.#open]
    this.#open.clear()
    await Promise.all(left.map((each) => (this.#isOwn ? each.cut() : each[Symbol.asyncDispose]())))
  }
}
