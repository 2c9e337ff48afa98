/** The bug that is planted in the model engine, and whether it has had an effect. */
import type { ResourceId } from '../../../strategies/strategy.ts'

export type BugName =
  | 'sold-too-many'
  | 'capacity-ignored'
  | 'units-freed-early'
  | 'sale-sold-again'
  | 'freed-twice'
  | 'false-sold-out'
  | 'released-units-lost'
  | 'expired-units-lost'
  | 'confirmed-after-expiry'
  | 'confirmed-after-release'
  | 'expired-early'
  | 'release-undone'
  | 'confirm-lost'
  | 'sale-released'
  | 'live-called-gone'
  | 'answer-changed'
  | 'sale-claimed'
  | 'replay-other-deadline'
  | 'replay-refused'
  | 'replay-takes-again'
  | 'replay-called-reused'
  | 'id-called-reused'
  | 'other-lines-accepted'
  | 'deadline-wrong'
  | 'deadline-not-kept'
  | 'torn-grant'
  | 'torn-refusal'
  | 'line-taken-late'
  | 'read-too-many'
  | 'read-too-few'
  | 'read-stale'

export class Bugs {
  readonly #planted: BugName | undefined
  /** How many opportunities pass before it has an effect. */
  #wait: number
  #struck = false
  #resource: ResourceId | undefined

  constructor(planted: BugName | undefined, wait: number) {
    this.#planted = planted
    this.#wait = wait
  }

  get struck(): boolean {
    return this.#struck
  }

  /** Whether this bug has its effect now. It has it once. */
  strikes(name: BugName): boolean {
    if (name !== this.#planted || this.#struck) return false
    if (this.#wait-- > 0) return false
    this.#struck = true
    return true
  }

  /** Whether a hold is granted although this resource is sold out: once, or always for the same resource. */
  sellsTooMany(id: ResourceId): boolean {
    if (this.strikes('sold-too-many')) return true
    if (this.#resource === undefined && this.strikes('capacity-ignored')) this.#resource = id
    return this.#resource === id
  }
}
