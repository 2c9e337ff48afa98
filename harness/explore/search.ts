/**
 * Depth first through all schedules. Nothing of an engine's state is kept: to go another way from a node of
 * the tree, a new run makes the same steps up to it, on resources of its own. If a client then announces
 * something else than it did before, what it does does not depend on the schedule alone, and nothing is
 * proved.
 *
 * There is one thing that is decided by nobody here: which of several waiting sessions PostgreSQL lets go on
 * first. Whatever it has picked after a step is a branch of its own. To come back to one, the same steps are
 * made again until it picks so again. What it has picked once by a hair's breadth it may never pick again:
 * such a branch has been followed once, is given up, and counted.
 *
 * Sleep sets leave out what is no other schedule. When all schedules that go on with step a from a node have
 * been run, and now one goes on with b, then a sleeps: as long as only steps are made that are independent of
 * a, making a would lead to where a schedule with a first has been. A step that is dependent wakes it. Of all
 * schedules that differ only in the order of neighbouring independent steps, one is run to its end, and none
 * twice; `footprint.ts` says what is independent. A sleeping step is still the client's next one, and what it
 * would touch is known from when it was made, because nothing that it depends on has been done since.
 *
 * Of two clients that want the same, only the one with the lower number is let on from a node where neither
 * is ahead of the other: where the schedule that has led here is still the same one when the two change
 * names, up to the order of independent steps. Whatever begins with the other's step becomes, with the names
 * changed, what begins with this one's, and comes to the same. A sleeping step stands for schedules that have
 * been run in this sense, too.
 */
import { areIndependent, type Footprint } from './footprint.ts'
import { Renamed, type Varied } from './repeated.ts'
import type { Token } from './schedule.ts'
import type { Choice, Scheduler, StepResult } from './schedule-run.ts'

interface Node {
  readonly choices: readonly Choice[]
  /** Of these, those that are not another one with the names of two clients changed. */
  readonly allowed: readonly Choice[]
  /** What would lead where another schedule has been. */
  readonly asleep: ReadonlyMap<Token, Footprint>
  /** Gone through with everything behind it. */
  readonly tried: Map<Token, Footprint>
  token: Token
  footprint: Footprint | undefined
  /** What was answered to this step. */
  answers: string | undefined
  /**
   * What else there was to choose from after this step, where PostgreSQL picked otherwise; to be gone
   * through.
   */
  variants: (readonly Choice[])[]
  /** Those that have been gone through. */
  done: (readonly Choice[])[]
  isPicked: boolean
}

/**
 * What is left out: schedules that differ from one that is run in the order of independent steps, and in who
 * of those who want the same is who.
 */
export type Pruning = 'order and names' | 'order' | 'nothing'

/** How often the same steps are made again for PostgreSQL to pick as it did before. */
const PICKS_MAX = 300

/**
 * A client announced something else than before, or was answered otherwise, although the same steps came
 * before.
 */
export class NotRepeatableError extends Error {
  override readonly name = 'NotRepeatableError'
}

export class Search implements Scheduler {
  readonly #path: Node[] = []
  readonly #areIndependent: (one: Footprint, other: Footprint) => boolean
  readonly #twins: ReadonlyMap<number, readonly number[]>
  #isOver: boolean = false
  /** Whether PostgreSQL has picked otherwise in this run than the schedule has it. */
  #isOtherwise: boolean = false
  #picks = 0
  #givenUp = 0
  /** The node of the step that is being made. */
  #at = 0
  readonly #renamed = new Renamed()

  /** `twins`: for each client, by number, those before it that want the same. */
  constructor(prunes: Pruning, twins: ReadonlyMap<number, readonly number[]>) {
    this.#areIndependent = prunes === 'nothing' ? () => false : areIndependent
    this.#twins = prunes === 'order and names' ? twins : new Map()
  }

  /** Whether every schedule has been run. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Branches that could not be gone through, since PostgreSQL did not pick so again. */
  get givenUp(): number {
    return this.#givenUp
  }

  /** Values that differed from one run of a schedule to the next, one of each place. */
  get varied(): readonly Varied[] {
    return this.#renamed.varied
  }

  choose(choices: readonly Choice[], step: number): Token | undefined {
    this.#at = step - 1
    const known = this.#path[step - 1]
    const before = this.#path[step - 2]
    if (known !== undefined) {
      if (shapes(known.choices) === shapes(choices)) {
        choices.forEach(({ text }, at) => {
          const before = known.choices[at]?.text ?? text
          if (before !== text) this.#renamed.sent(before, text)
        })
        return known.token
      }
      if (before?.isPicked !== true) throw new NotRepeatableError(difference(known.choices, choices, step))
      if (++this.#picks > PICKS_MAX) return this.#giveUp(known, before, choices)
      this.#isOtherwise = true
      const isKnown = (each: readonly Choice[]) => shapes(each) === shapes(choices)
      if (!before.variants.some(isKnown) && !before.done.some(isKnown)) before.variants.push(choices)
      return undefined
    }
    return this.#enter(choices, before)
  }

  /** Goes on as PostgreSQL has picked now, unless that has been gone through. */
  #giveUp(known: Node, before: Node, choices: readonly Choice[]): Token | undefined {
    this.#givenUp++
    this.#picks = 0
    this.#path.length = this.#path.indexOf(known)
    before.done.push(known.choices)
    const isNow = (each: readonly Choice[]) => shapes(each) === shapes(choices)
    before.variants = before.variants.filter((each) => !isNow(each))
    return before.done.some(isNow) ? undefined : this.#enter(choices, before)
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
    const isChoice = (client: number) => choices.some(({ token }) => token === String(client))
    const allowed = choices.filter(({ token }) => {
      const twins = this.#twins.get(Number(token)) ?? []
      return !twins.some((twin) => isChoice(twin) && this.#isSameFor(String(twin), token))
    })
    // Who has just made a step goes on: so the first schedules have the fewest changes.
    const awake = allowed.filter(({ token }) => !asleep.has(token))
    const token = (awake.find((choice) => choice.token === before?.token) ?? awake[0])?.token
    if (token === undefined) return undefined
    this.#path.push({
      choices,
      allowed,
      asleep,
      tried: new Map(),
      token,
      footprint: undefined,
      answers: undefined,
      variants: [],
      done: [],
      isPicked: false,
    })
    return token
  }

  /** Whether the steps so far are the same schedule when two clients change names. */
  #isSameFor(one: Token, other: Token): boolean {
    const tokens = this.#path.map(({ token }) => token)
    const swapped = tokens.map((token) => (token === one ? other : token === other ? one : token))
    const before = ordinals(tokens)
    const after = new Map(ordinals(swapped).map((step, at) => [step, at]))
    return this.#path.every(({ footprint }, at) => {
      const moved = after.get(before[at] ?? '')
      if (moved === undefined || footprint === undefined) return false
      return this.#path.slice(0, at).every((earlier, place) => {
        if ((after.get(before[place] ?? '') ?? moved) < moved) return true
        return earlier.footprint !== undefined && this.#areIndependent(earlier.footprint, footprint)
      })
    })
  }

  done({ footprint, isPicked, answers }: StepResult): void {
    const node = this.#path[this.#at]
    if (node === undefined) return
    const known = node.answers
    // Where PostgreSQL picks, it answers another one.
    if (known !== undefined && !isPicked && !node.isPicked && !this.#renamed.isSameAnswer(known, answers)) {
      throw new NotRepeatableError(
        `step ${this.#at + 1} was answered [${known}], and after the same steps it is answered [${answers}]${REMEDY}`,
      )
    }
    node.answers = answers
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
      const { asleep, tried, allowed } = node
      const next = allowed.find(({ token }) => !tried.has(token) && !asleep.has(token))
      if (next !== undefined) {
        node.token = next.token
        node.footprint = undefined
        node.answers = undefined
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

  /**
   * What follows the step of the last node has been gone through, as PostgreSQL picked then; perhaps not as
   * it picked at other times.
   */
  #turnToVariant(node: Node): boolean {
    for (let choices = node.variants.pop(); choices !== undefined; choices = node.variants.pop()) {
      if (this.#enter(choices, node) !== undefined) return true
      node.done.push(choices)
    }
    return false
  }
}

/** Each step by whose it is, and the client's index. */
function ordinals(tokens: readonly Token[]): readonly string[] {
  const counts = new Map<Token, number>()
  return tokens.map((token) => {
    const count = (counts.get(token) ?? 0) + 1
    counts.set(token, count)
    return `${token}/${count}`
  })
}

function shapes(choices: readonly Choice[]): string {
  return choices.map(({ token, shape }) => `${token}: ${shape}`).join(' | ')
}

function told(choices: readonly Choice[]): string {
  return choices.map(({ token, text }) => `${token}: ${text}`).join(' | ')
}

const REMEDY =
  ': what a client does next must depend on what it was asked and answered alone, not on a clock, chance or what was done before'

function difference(known: readonly Choice[], now: readonly Choice[], step: number): string {
  return `before step ${step} there was [${told(known)}], and after the same steps there is [${told(now)}]${REMEDY}`
}
