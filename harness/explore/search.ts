/**
 * Depth first through all schedules. Nothing of an engine's state is kept: to go another way from a node of the tree, a new run makes
 * the same steps up to it, on resources of its own. If a client then announces something else than it did before, what it does does not
 * depend on the schedule alone, and nothing is proved.
 *
 * Sleep sets leave out what is no other schedule. When all schedules that go on with step a from a node have been run, and now one
 * goes on with b, then a sleeps: as long as only steps are made that are independent of a, making a would lead to where a schedule with
 * a first has been. A step that is dependent wakes it. Of all schedules that differ only in the order of neighbouring independent
 * steps, one is run to its end, and none twice; `footprint.ts` says what is independent. A sleeping step is still the client's next one,
 * and what it would touch is known from when it was made, because nothing that it depends on has been done since.
 */
import { areIndependent, type Footprint } from './footprint.ts'
import type { Choice, Director } from './play.ts'
import type { Token } from './schedule.ts'

interface Node {
  readonly choices: readonly Choice[]
  /** What would lead where another schedule has been. */
  readonly asleep: ReadonlyMap<Token, Footprint>
  /** Gone through with everything behind it. */
  readonly tried: Map<Token, Footprint>
  token: Token
  footprint: Footprint | undefined
}

/** A client announced something else than before, although the same steps came before. */
export class NotRepeatableError extends Error {
  override readonly name = 'NotRepeatableError'
}

export class Search implements Director {
  readonly #path: Node[] = []
  readonly #areIndependent: (one: Footprint, other: Footprint) => boolean
  #isOver = false
  /** The node of the step that is being made. */
  #at = 0

  /** `prunes`: whether of schedules that differ in the order of independent steps only one is run. */
  constructor({ prunes }: { readonly prunes: boolean }) {
    this.#areIndependent = prunes ? areIndependent : () => false
  }

  /** Whether every schedule has been run. */
  get isOver(): boolean {
    return this.#isOver
  }

  choose(choices: readonly Choice[], step: number): Token | undefined {
    this.#at = step - 1
    const known = this.#path[step - 1]
    if (known !== undefined) {
      compare(known.choices, choices, step)
      return known.token
    }
    const before = this.#path[step - 2]
    const asleep = new Map<Token, Footprint>()
    if (before?.footprint !== undefined) {
      for (const [token, footprint] of [...before.asleep, ...before.tried]) {
        if (token !== before.token && this.#areIndependent(footprint, before.footprint))
          asleep.set(token, footprint)
      }
    }
    // Who has just made a step goes on: so the first schedules have the fewest changes.
    const awake = choices.filter(({ token }) => !asleep.has(token))
    const token = (awake.find((choice) => choice.token === before?.token) ?? awake[0])?.token
    if (token === undefined) return undefined
    this.#path.push({ choices, asleep, tried: new Map(), token, footprint: undefined })
    return token
  }

  done(footprint: Footprint): void {
    const node = this.#path[this.#at]
    if (node !== undefined) node.footprint = footprint
  }

  /** When a run is over: turns to the next schedule. */
  turn(): void {
    for (let node = this.#path.at(-1); node !== undefined; node = this.#path.at(-1)) {
      if (node.footprint !== undefined) node.tried.set(node.token, node.footprint)
      const { asleep, tried, choices } = node
      const next = choices.find(({ token }) => !tried.has(token) && !asleep.has(token))
      if (next !== undefined) {
        node.token = next.token
        node.footprint = undefined
        return
      }
      this.#path.pop()
    }
    this.#isOver = true
  }
}

function compare(known: readonly Choice[], now: readonly Choice[], step: number): void {
  const told = (choices: readonly Choice[]) =>
    choices.map(({ token, text }) => `${token}: ${text}`).join(' | ')
  if (told(known) === told(now)) return
  throw new NotRepeatableError(
    `before step ${step} there was [${told(known)}], and after the same steps there is [${told(now)}]`,
  )
}
