/** What may happen besides the clients' own steps, each once: which of it can happen now. */
import type { Footprint } from './footprint.ts'
import { concerns } from './footprint.ts'
import type { Chance } from './play.ts'
import type { Token } from './schedule.ts'

export class Chances {
  readonly #all: readonly Chance[]
  readonly #happened = new Set<Token>()
  /** Of those that depend on something: what was found when they were last asked. */
  readonly #known = new Map<Token, boolean>()

  constructor(all: readonly Chance[]) {
    this.#all = all
  }

  async possible(): Promise<readonly Chance[]> {
    const possible: Chance[] = []
    for (const chance of this.#all) {
      if (this.#happened.has(chance.token)) continue
      const isPossible = this.#known.get(chance.token) ?? (await chance.isPossible())
      if (chance.dependsOn !== undefined) this.#known.set(chance.token, isPossible)
      if (isPossible) possible.push(chance)
    }
    return possible
  }

  /** Takes the chance of this name, if there is one: it happens now, and not again. */
  take(token: Token): Chance | undefined {
    const chance = this.#all.find((each) => each.token === token)
    if (chance !== undefined) this.#happened.add(token)
    return chance
  }

  /** After a step: what was not possible may be so. */
  reconsider({ touches }: Footprint): void {
    for (const { token, dependsOn = [] } of this.#all) {
      if (concerns(dependsOn, touches)) this.#known.delete(token)
    }
  }
}
