/**
 * Depth first through all schedules. Nothing of an engine's state is kept: to go another way from a node of the tree, a new run makes
 * the same steps up to it, on resources of its own. If a client then announces something else than it did before, what it does does not
 * depend on the schedule alone, and nothing is proved.
 *
 * There is one thing that is decided by nobody here: which of several waiting sessions PostgreSQL lets go on first. Whatever it has
 * picked after a step is a branch of its own. To come back to one, the same steps are made again until it picks so again.
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
  /** What else there was to choose from after this step, where PostgreSQL picked otherwise; to be gone through. */
  variants: (readonly Choice[])[]
  /** Those that have been gone through. */
  done: (readonly Choice[])[]
  isPicked: boolean
}

/** How often the same steps are made again for PostgreSQL to pick as it did before. */
const PICKS_MAX = 300

/** A client announced something else than before, although the same steps came before. */
export class NotRepeatableError extends Error {
  override readonly name = 'NotRepeatableError'
}

export class Search implements Director {
  readonly #path: Node[] = []
  readonly #areIndependent: (one: Footprint, other: Footprint) => boolean
  #isOver: boolean = false
  /** Whether PostgreSQL has picked otherwise in this run than the schedule has it. */
  #isOtherwise: boolean = false
  #picks = 0
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
    const before = this.#path[step - 2]
    if (known !== undefined) {
      if (told(known.choices) === told(choices)) return known.token
      if (before?.isPicked !== true) throw new NotRepeatableError(difference(known.choices, choices, step))
      this.#isOtherwise = true
      const isKnown = (each: readonly Choice[]) => told(each) === told(choices)
      if (!before.variants.some(isKnown) && !before.done.some(isKnown)) before.variants.push(choices)
      if (++this.#picks > PICKS_MAX) throw new NotRepeatableError(difference(known.choices, choices, step))
      return undefined
    }
    return this.#enter(choices, before)
  }

  /** Comes to a node for the first time: chooses its first step, if it has any that is awake. */
  #enter(choices: readonly Choice[], before: Node | undefined): Token | undefined {
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
    this.#path.push({
      choices,
      asleep,
      tried: new Map(),
      token,
      footprint: undefined,
      variants: [],
      done: [],
      isPicked: false,
    })
    return token
  }

  done(footprint: Footprint, isPicked: boolean): void {
    const node = this.#path[this.#at]
    if (node === undefined) return
    node.footprint = footprint
    node.isPicked = isPicked
  }

  /** When a run is over: turns to the next schedule. */
  turn(): void {
    if (this.#isOtherwise) {
      // The same one again.
      this.#isOtherwise = false
      return
    }
    this.#picks = 0
    for (let node = this.#path.at(-1); node !== undefined; node = this.#path.at(-1)) {
      if (this.#turnToVariant(node)) return
      if (node.footprint !== undefined) node.tried.set(node.token, node.footprint)
      const { asleep, tried, choices } = node
      const next = choices.find(({ token }) => !tried.has(token) && !asleep.has(token))
      if (next !== undefined) {
        node.token = next.token
        node.footprint = undefined
        node.variants = []
        node.done = []
        node.isPicked = false
        return
      }
      this.#path.pop()
      this.#path.at(-1)?.done.push(node.choices)
    }
    this.#isOver = true
  }

  /** What follows the step of the last node has been gone through, as PostgreSQL picked then; perhaps not as it picked at other times. */
  #turnToVariant(node: Node): boolean {
    for (let choices = node.variants.pop(); choices !== undefined; choices = node.variants.pop()) {
      if (this.#enter(choices, node) !== undefined) return true
      node.done.push(choices)
    }
    return false
  }
}

function told(choices: readonly Choice[]): string {
  return choices.map(({ token, text }) => `${token}: ${text}`).join(' | ')
}

function difference(known: readonly Choice[], now: readonly Choice[], step: number): string {
  return `before step ${step} there was [${told(known)}], and after the same steps there is [${told(now)}]`
}
