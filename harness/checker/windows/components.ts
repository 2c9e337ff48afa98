/** Resources that holds connect, directly or through others: what is judged together. */
import { byteAt, intAt, uintAt } from '../at.ts'

export class Components {
  readonly #parent: Int32Array
  /** By the resource that stands for its component. */
  readonly #resources: Uint32Array
  readonly #calls: Uint32Array
  readonly #operations: Uint32Array
  readonly #isSuspect: Uint8Array

  constructor(resourceCount: number) {
    this.#parent = Int32Array.from({ length: resourceCount }, (_, resource) => resource)
    this.#resources = new Uint32Array(resourceCount).fill(1)
    this.#calls = new Uint32Array(resourceCount)
    this.#operations = new Uint32Array(resourceCount)
    this.#isSuspect = new Uint8Array(resourceCount)
  }

  get resourceCount(): number {
    return this.#parent.length
  }

  /** The resource that stands for the component of this one. */
  of(resource: number): number {
    let at = resource
    while (intAt(this.#parent, at) !== at) {
      const above = intAt(this.#parent, intAt(this.#parent, at))
      this.#parent[at] = above
      at = above
    }
    return at
  }

  connect(one: number, other: number): void {
    const [to, from] = [this.of(one), this.of(other)]
    if (to === from) return
    this.#parent[from] = to
    for (const column of [this.#resources, this.#calls, this.#operations]) {
      column[to] = uintAt(column, to) + uintAt(column, from)
    }
    if (byteAt(this.#isSuspect, from) === 1) this.#isSuspect[to] = 1
  }

  /** Counts operations about a resource, and how many of them change something. */
  count(
    resource: number,
    { operations, calls }: { readonly operations: number; readonly calls: number },
  ): void {
    const at = this.of(resource)
    this.#operations[at] = uintAt(this.#operations, at) + operations
    this.#calls[at] = uintAt(this.#calls, at) + calls
  }

  /** Notes that this component must be judged as a whole. */
  suspect(resource: number): void {
    this.#isSuspect[this.of(resource)] = 1
  }

  isSuspect(resource: number): boolean {
    return byteAt(this.#isSuspect, this.of(resource)) === 1
  }

  resourcesOf(resource: number): number {
    return uintAt(this.#resources, this.of(resource))
  }

  operationsOf(resource: number): number {
    return uintAt(this.#operations, this.of(resource))
  }

  callsOf(resource: number): number {
    return uintAt(this.#calls, this.of(resource))
  }

  /** The resources that stand for components. */
  *all(): Generator<number> {
    for (let resource = 0; resource < this.#parent.length; resource++) {
      if (intAt(this.#parent, resource) === resource) yield resource
    }
  }
}
