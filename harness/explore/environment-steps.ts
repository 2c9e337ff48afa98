/** Events besides the clients' own steps, each at most once: which of them can happen now. */
import type { Footprint } from './footprint.ts'
import { concerns } from './footprint.ts'
import type { Token } from './schedule.ts'
import type { EnvironmentStep } from './schedule-run.ts'

export class EnvironmentSteps {
  readonly #all: readonly EnvironmentStep[]
  readonly #happened = new Set<Token>()
  /** For events with a condition: the last result of checking it. */
  readonly #known = new Map<Token, boolean>()

  constructor(all: readonly EnvironmentStep[]) {
    this.#all = all
  }

  async possible(): Promise<readonly EnvironmentStep[]> {
    const possible: EnvironmentStep[] = []
    for (const environmentStep of this.#all) {
      if (this.#happened.has(environmentStep.token)) continue
      const isPossible = this.#known.get(environmentStep.token) ?? (await environmentStep.isPossible())
      if (environmentStep.dependsOn !== undefined) this.#known.set(environmentStep.token, isPossible)
      if (isPossible) possible.push(environmentStep)
    }
    return possible
  }

  /** Takes the step with this token, if there is one: the event happens now, and not again. */
  take(token: Token): EnvironmentStep | undefined {
    const environmentStep = this.#all.find((each) => each.token === token)
    if (environmentStep !== undefined) this.#happened.add(token)
    return environmentStep
  }

  /** After a step: events that were impossible may be possible now. */
  reconsider({ touches }: Footprint): void {
    for (const { token, dependsOn = [] } of this.#all) {
      if (concerns(dependsOn, touches)) this.#known.delete(token)
    }
  }
}
