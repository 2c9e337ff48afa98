/**
 * Random schedules with a stated chance of finding a race: the scheduler of Burckhardt et al., "A Randomized
 * Scheduler with Probabilistic Guarantees of Finding Bugs" (ASPLOS 2010). Each client has a random priority,
 * and the highest that can move does; at d − 1 random steps the one that would move falls behind all others.
 * With n clients and at most k steps, one run finds a race of depth d with a chance of at least
 * 1 / (n · k^(d − 1)).
 */
import type { Choice, Scheduler } from '../../explore/schedule-run.ts'
import type { Random } from '../../workloads/random.ts'

interface Dimensions {
  /** An upper bound of the steps of one run. */
  readonly steps: number
  /** How many orderings a race needs. */
  readonly depth: number
}

export class RandomOrder implements Scheduler {
  readonly #random: Random
  readonly #priorities = new Map<string, number>()
  /** By step: the priority that its client falls to. All lie below those that clients begin with. */
  readonly #falls = new Map<number, number>()

  constructor(random: Random, { steps, depth }: Dimensions) {
    this.#random = random
    for (let at = 1; at < Math.min(depth, steps); at++) {
      let step = random.between(1, steps)
      while (this.#falls.has(step)) step = random.between(1, steps)
      this.#falls.set(step, -at)
    }
  }

  choose(choices: readonly Choice[], step: number): string | undefined {
    const highest = this.#highest(choices)
    const fall = this.#falls.get(step)
    if (highest === undefined || fall === undefined) return highest
    this.#priorities.set(highest, fall)
    return this.#highest(choices)
  }

  #highest(choices: readonly Choice[]): string | undefined {
    const priorityOf = (token: string): number => {
      const known = this.#priorities.get(token)
      if (known !== undefined) return known
      const drawn = this.#random.float()
      this.#priorities.set(token, drawn)
      return drawn
    }
    for (const { token } of choices) priorityOf(token)
    return choices.toSorted((one, other) => priorityOf(other.token) - priorityOf(one.token))[0]?.token
  }

  done(): void {}
}

/** The chance of at least one run that all of these runs miss a race of this depth; at most 1. */
export function missChance(
  runs: readonly { readonly planned: number; readonly steps: number }[],
  clients: number,
  depth: number,
): number {
  // A run that took more steps than its draw reckoned with promises nothing.
  const counted = runs.filter(({ planned, steps }) => steps <= planned)
  return counted.reduce((chance, { planned }) => chance * (1 - 1 / (clients * planned ** (depth - 1))), 1)
}
