/** AsyncDisposableStack for Node 22, which has the symbols but not the class. The build puts it in its place. */

type Undo = () => unknown

/** Exported for its test. */
export class Polyfill implements AsyncDisposable {
  #undo: Undo[] | undefined = []

  get disposed(): boolean {
    return this.#undo === undefined
  }

  use<T extends AsyncDisposable | Disposable | null | undefined>(resource: T): T {
    const undo = this.#pending()
    if (resource === null || resource === undefined) return resource
    const dispose: unknown =
      Reflect.get(resource, Symbol.asyncDispose) ?? Reflect.get(resource, Symbol.dispose)
    if (typeof dispose !== 'function') throw new TypeError('what is given to use() cannot be disposed of')
    undo.push(() => Reflect.apply(dispose, resource, []))
    return resource
  }

  adopt<T>(value: T, onDispose: (value: T) => unknown): T {
    this.#pending().push(() => onDispose(value))
    return value
  }

  defer(onDispose: Undo): void {
    this.#pending().push(onDispose)
  }

  move(): Polyfill {
    const moved = new Polyfill()
    moved.#undo = this.#pending()
    this.#undo = undefined
    return moved
  }

  /** In the opposite order, each however the others end. Of several errors, each suppresses the one before. */
  async disposeAsync(): Promise<void> {
    const undo = this.#undo ?? []
    this.#undo = undefined
    let failed: { readonly error: unknown } | undefined
    for (const each of undo.reverse()) {
      try {
        await each()
      } catch (error) {
        failed = { error: failed === undefined ? error : suppressing(error, failed.error) }
      }
    }
    if (failed !== undefined) throw failed.error
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disposeAsync()
  }

  #pending(): Undo[] {
    if (this.#undo === undefined) throw new ReferenceError('the stack was disposed of')
    return this.#undo
  }
}

function suppressing(error: unknown, suppressed: unknown): Error {
  const message = 'An error was suppressed during disposal.'
  if (typeof SuppressedError === 'function') return new SuppressedError(error, suppressed, message)
  return Object.assign(new Error(message), { name: 'SuppressedError', error, suppressed })
}

/** Node's own where it has one. */
export const Stack: AsyncDisposableStackConstructor =
  'AsyncDisposableStack' in globalThis
    ? globalThis.AsyncDisposableStack
    : (Polyfill as unknown as AsyncDisposableStackConstructor)
