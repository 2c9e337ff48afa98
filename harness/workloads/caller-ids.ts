import { type HoldId, inEventOf, type ResourceId } from '../../strategies/strategy.ts'
import { holdId } from '../../strategies/validation.ts'
import type { Role } from './workload.ts'

/** The hold ids of one caller, and the process numbers of its calls. */
export class CallerIds {
  readonly role: Role
  readonly #name: string
  #holds = 0
  readonly #lanes: (number | undefined)[]

  constructor(role: Role, index: number, name: string) {
    this.role = role
    // Checked once: what is added to it cannot make it wrong.
    this.#name = holdId(name)
    this.#lanes = [index]
  }

  /** In the event of this resource. */
  nextHoldId(of: ResourceId): HoldId {
    return inEventOf(of, `${this.#name}-${++this.#holds}`) as HoldId
  }

  /** Concurrent calls of one caller use different lanes, because a process makes one call at a time. */
  process(lane: number, newProcess: () => number): number {
    const process = this.#lanes[lane] ?? newProcess()
    this.#lanes[lane] = process
    return process
  }

  retireProcess(lane: number): void {
    this.#lanes[lane] = undefined
  }
}
