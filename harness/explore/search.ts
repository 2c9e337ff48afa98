/**
 * Depth first through all schedules. The engine's state is not saved: to take another branch at a node of the
 * tree, a new run repeats the steps up to it, on new resources. If a client then announces something else
 * than before, its steps do not depend on the schedule alone, and nothing is proved.
 *
 * The search does not control one thing: which of several waiting sessions PostgreSQL continues first. Each
 * pick after a step is a separate branch. To return to a branch, the same steps are repeated until PostgreSQL
 * makes the same pick. A rare pick may never be repeated: such a branch has been followed once; it is then
 * abandoned and counted.
 *
 * Sleep sets leave out equivalent schedules. When all schedules that continue with step a from a node have
 * been run, and another continues with b, then a sleeps: as long as only steps independent of a follow,
 * making a would repeat a schedule that had a first. A dependent step wakes it. Of all schedules that differ
 * only in the order of neighbouring independent steps, one is run to its end, and none twice; `footprint.ts`
 * says what is independent. A sleeping step is still the client's next one, and what it would touch is known
 * from its earlier run, because no step that it depends on has been made since.
 *
 * Of two clients with the same requests, only the one with the lower number may continue from a node where
 * neither is ahead: where the schedule so far stays the same, up to the order of independent steps, when the
 * two swap names. Schedules that begin with the other's step become, with the names swapped, schedules that
 * begin with this one's, with the same result. A sleeping step also covers schedules that have been run in
 * this sense.
 */
import { areIndependent, type Footprint } from './footprint.ts'
import { Renamed, type Varied } from './repeated.ts'
import type { Token } from './schedule.ts'
import type { Choice, Scheduler, StepResult } from './schedule-run.ts'

/** A step that is not made at a node, since what follows has been explored elsewhere. */
export interface Cut {
  /** The steps up to the node, each with the choices after it. */
  readonly path: readonly { readonly token: Token; readonly after: readonly Choice[] }[]
  readonly token: Token
  /**
   * `order`: the schedule in which the step is made that many steps earlier is the same up to the order of
   * independent steps. `names`: the same as this client's next step, with the two names swapped.
   */
  readonly same:
    | { readonly kind: 'order'; readonly earlier: number }
    | { readonly kind: 'names'; readonly twin: Token }
}

interface Sleeper {
  readonly footprint: Footprint
  /** The number of steps before the node at which it has been made. */
  readonly madeAfter: number
}

interface Node {
  readonly choices: readonly Choice[]
  /** Those that are not equivalent to another one with two clients' names swapped. */
  readonly allowed: readonly Choice[]
  /** Steps that would repeat another schedule. */
  readonly asleep: ReadonlyMap<Token, Sleeper>
  /** Explored, with everything after it. */
  readonly tried: Map<Token, Footprint>
  token: Token
  footprint: Footprint | undefined
  /** The answer to this step. */
  answers: string | undefined
  /** The alternatives after this step in which PostgreSQL made another pick; still to be explored. */
  variants: (readonly Choice[])[]
  /** Those already explored. */
  done: (readonly Choice[])[]
  isPicked: boolean
}

/**
 * What is left out: schedules that differ from one that is run only in the order of independent steps, or in
 * the names of clients with the same requests.
 */
export type Pruning = 'order and names' | 'order' | 'nothing'

/** How often the same steps are repeated until PostgreSQL makes the same pick as before. */
const PICKS_MAX = 300

/** A client announced something else than before, or got another answer, after the same steps. */
export class NotRepeatableError extends Error {
  override readonly name = 'NotRepeatableError'
}

export class Search implements Scheduler {
  readonly #path: Node[] = []
  readonly #areIndependent: (one: Footprint, other: Footprint) => boolean
  readonly #twins: ReadonlyMap<number, readonly number[]>
  #isOver: boolean = false
  /** Whether PostgreSQL's pick in this run differs from the schedule's. */
  #isOtherwise: boolean = false
  #picks = 0
  #givenUp = 0
  /** The node of the current step. */
  #at = 0
  readonly #renamed = new Renamed()

  readonly #onCut: (cut: Cut) => void

  /**
   * `twins`: for each client, by number, the earlier clients with the same requests. `onCut`: called at each
   * node that is reached for the first time, with every step that will not be made there.
   */
  constructor(
    prunes: Pruning,
    twins: ReadonlyMap<number, readonly number[]>,
    onCut: (cut: Cut) => void = () => {},
  ) {
    this.#onCut = onCut
    this.#areIndependent = prunes === 'nothing' ? () => false : areIndependent
    this.#twins = prunes === 'order and names' ? twins : new Map()
  }

  /** Whether every schedule has been run. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Branches that could not be explored, since PostgreSQL did not repeat its pick. */
  get givenUp(): number {
    return this.#givenUp
  }

  /** Values that differed between runs of a schedule, one per place. */
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

  /** Continues with PostgreSQL's current pick, unless that branch has been explored. */
  #giveUp(known: Node, before: Node, choices: readonly Choice[]): Token | undefined {
    this.#givenUp++
    this.#picks = 0
    this.#path.length = this.#path.indexOf(known)
    before.done.push(known.choices)
    const isNow = (each: readonly Choice[]) => shapes(each) === shapes(choices)
    before.variants = before.variants.filter((each) => !isNow(each))
    return before.done.some(isNow) ? undefined : this.#enter(choices, before)
  }

  /** Reaches a node for the first time: chooses its first awake step, if any. */
  #enter(choices: readonly Choice[], before: Node | undefined): Token | undefined {
    const asleep = this.#sleepersAfter(before)
    const isChoice = (client: number) => choices.some(({ token }) => token === String(client))
    const twinOf = ({ token }: Choice) =>
      this.#twins.get(Number(token))?.find((twin) => isChoice(twin) && this.#isSameFor(String(twin), token))
    const allowed = choices.filter((choice) => twinOf(choice) === undefined)
    this.#tellCuts(choices, asleep, twinOf)
    // The client of the last step continues, so that the first schedules have the fewest switches.
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

  /** What sleeps at a node that is reached by the step of `before`, the last node of the path. */
  #sleepersAfter(before: Node | undefined): ReadonlyMap<Token, Sleeper> {
    const asleep = new Map<Token, Sleeper>()
    if (before?.footprint === undefined) return asleep
    const madeAfter = this.#path.length - 1
    const tried = [...before.tried].map(([token, footprint]) => [token, { footprint, madeAfter }] as const)
    for (const [token, sleeper] of [...before.asleep, ...tried]) {
      const isIndependent = this.#areIndependent(sleeper.footprint, before.footprint)
      if (token !== before.token && isIndependent) asleep.set(token, sleeper)
    }
    return asleep
  }

  #tellCuts(
    choices: readonly Choice[],
    asleep: ReadonlyMap<Token, Sleeper>,
    twinOf: (choice: Choice) => number | undefined,
  ): void {
    const after = (at: number) => this.#path[at + 1]?.choices ?? choices
    const path = this.#path.map(({ token }, at) => ({ token, after: after(at) }))
    for (const choice of choices) {
      const { token } = choice
      const sleeper = asleep.get(token)
      const twin = twinOf(choice)
      if (sleeper !== undefined) {
        this.#onCut({ path, token, same: { kind: 'order', earlier: path.length - sleeper.madeAfter } })
      } else if (twin !== undefined) {
        this.#onCut({ path, token, same: { kind: 'names', twin: String(twin) } })
      }
    }
  }

  /** Whether the steps so far stay the same schedule when two clients swap names. */
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
    // When PostgreSQL picks, it may answer another client.
    if (known !== undefined && !isPicked && !node.isPicked && !this.#renamed.isSameAnswer(known, answers)) {
      throw new NotRepeatableError(
        `step ${this.#at + 1} was answered [${known}], and after the same steps it is answered [${answers}]${REMEDY}`,
      )
    }
    node.answers = answers
    node.footprint = footprint
    node.isPicked = isPicked
  }

  /** After a run: moves to the next schedule. */
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
   * Everything after the last node's step has been explored for PostgreSQL's pick in this run, though perhaps
   * not for its other picks.
   */
  #turnToVariant(node: Node): boolean {
    for (let choices = node.variants.pop(); choices !== undefined; choices = node.variants.pop()) {
      if (this.#enter(choices, node) !== undefined) return true
      node.done.push(choices)
    }
    return false
  }
}

/** Each step with its client and its index within that client. */
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
  ': the next step of a client may depend only on its requests and answers, not on a clock, on chance or on earlier schedules'

function difference(known: readonly Choice[], now: readonly Choice[], step: number): string {
  return `before step ${step} there was [${told(known)}], and after the same steps there is [${told(now)}]${REMEDY}`
}
