/** The moves of a game on a recorded tree: where they lead, what they equal, and what may still come. */
import type { Goal } from '../data/challenge.ts'
import type { RecordedChoice, RecordedNode, RecordedStep } from '../data/recording.ts'

/** A step that the reader chose; `way`: which of PostgreSQL's picks, 0 if there was none. */
export interface Move {
  readonly token: string
  readonly way: number
}

/** Moves that were made in another order, or under another name, since that is the same and was recorded. */
export interface Rewriting {
  readonly kind: 'order' | 'names'
  /** The move that was wanted, from 1. */
  readonly move: number
  /** Of another order: the move at which it was made instead. */
  readonly instead: number
  /** Of other names: the two that are swapped from there on. */
  readonly names: readonly [number, number]
}

export interface Way {
  readonly moves: readonly Move[]
  /** Of each move. */
  readonly steps: readonly RecordedStep[]
  /** Before the first move and after each of them. */
  readonly nodes: readonly RecordedNode[]
  readonly rewritings: readonly Rewriting[]
}

/** Each puts a move of a finite schedule before others: a real schedule comes to a recorded one in a few. */
const REWRITINGS_MAX = 2_000

/** Where moves lead, along recorded steps alone; undefined if one of them is impossible. */
export function wayOf(root: RecordedNode, wanted: readonly Move[]): Way | undefined {
  const rewritings: Rewriting[] = []
  let moves = wanted
  while (rewritings.length <= REWRITINGS_MAX) {
    const tried = recordedWay(root, moves)
    if (tried === undefined) return undefined
    const { steps, nodes, choice } = tried
    if (choice === undefined) return { moves, steps, nodes, rewritings }
    const { cut } = choice
    if (cut === undefined) return undefined
    const at = steps.length
    if (cut.kind === 'order') {
      const made = at - cut.earlier
      rewritings.push({ kind: 'order', move: at + 1, instead: made + 1, names: [0, 0] })
      moves = movedForward(moves, at, made)
    } else {
      const names = [Number(choice.token), cut.twin] as const
      rewritings.push({ kind: 'names', move: at + 1, instead: at + 1, names })
      moves = moves.map((move, place) => (place < at ? move : renamed(move, names)))
    }
  }
  return undefined
}

/** Up to the first step that is cut, which is `choice`. */
function recordedWay(
  root: RecordedNode,
  moves: readonly Move[],
):
  | {
      readonly steps: readonly RecordedStep[]
      readonly nodes: readonly RecordedNode[]
      readonly choice?: RecordedChoice
    }
  | undefined {
  const steps: RecordedStep[] = []
  const nodes: RecordedNode[] = [root]
  let node = root
  for (const { token, way } of moves) {
    const choice = node.choices.find((each) => each.token === token)
    if (choice === undefined) return undefined
    const step = choice.steps[way] ?? choice.steps[0]
    if (step === undefined) return { steps, nodes, choice }
    steps.push(step)
    node = step.to
    nodes.push(node)
  }
  return { steps, nodes }
}

function movedForward(moves: readonly Move[], from: number, to: number): readonly Move[] {
  return [
    ...moves.slice(0, to),
    ...moves.slice(from, from + 1),
    ...moves.slice(to, from),
    ...moves.slice(from + 1),
  ]
}

function renamed(move: Move, [one, other]: readonly [number, number]): Move {
  if (move.token === String(one)) return { ...move, token: String(other) }
  return move.token === String(other) ? { ...move, token: String(one) } : move
}

/** What may still come from a position on, among the recorded schedules. */
export interface Prospect {
  /** Recorded ways to an end from here. */
  readonly ends: number
  /** Of them, with more units promised or sold than there are. */
  readonly oversold: number
  /** Of them, with another rule broken. */
  readonly broken: number
  /** Whether no step from here on is cut: then the figures are all that can happen. */
  readonly isWhole: boolean
  /** The most moves until it has happened, in all ends; infinite if it can still be avoided. */
  readonly oversoldWithin: number
}

export class Prospects {
  readonly #known = new Map<RecordedNode, Prospect>()

  of(node: RecordedNode): Prospect {
    const known = this.#known.get(node)
    if (known !== undefined) return known
    const prospect = node.end === undefined ? this.#ahead(node) : atEnd(node.end)
    this.#known.set(node, prospect)
    return prospect
  }

  #ahead({ choices }: RecordedNode): Prospect {
    const next = choices.flatMap(({ steps }) => steps.map(({ to }) => this.of(to)))
    const sum = (figure: (each: Prospect) => number) => next.reduce((all, each) => all + figure(each), 0)
    const isCut = choices.some(({ cut }) => cut !== undefined)
    return {
      ends: sum(({ ends }) => ends),
      oversold: sum(({ oversold }) => oversold),
      broken: sum(({ broken }) => broken),
      isWhole: !isCut && next.every(({ isWhole }) => isWhole),
      oversoldWithin: isCut
        ? Number.POSITIVE_INFINITY
        : Math.max(...next.map(({ oversoldWithin }) => oversoldWithin + 1)),
    }
  }

  /** Whether it has happened: in every end that can follow, at this position or before. */
  isOversold(node: RecordedNode): boolean {
    return this.of(node).oversoldWithin <= 0
  }
}

function atEnd({ verdict, isOversold, back = 0 }: NonNullable<RecordedNode['end']>): Prospect {
  return {
    ends: 1,
    oversold: isOversold ? 1 : 0,
    broken: verdict === 'invalid' && !isOversold ? 1 : 0,
    isWhole: true,
    oversoldWithin: isOversold ? -back : Number.POSITIVE_INFINITY,
  }
}

/**
 * The fewest moves from a position to a goal, and the first of them; undefined if no recorded move leads
 * there.
 */
export class Routes {
  readonly #goal: Goal
  readonly #prospects: Prospects
  readonly #known = new Map<RecordedNode, Route | undefined>()

  constructor(goal: Goal, prospects: Prospects) {
    this.#goal = goal
    this.#prospects = prospects
  }

  /** Whether this step, or the position that it leads to, is the goal. */
  isReachedBy({ events, to }: RecordedStep): boolean {
    const goal = this.#goal
    switch (goal.kind) {
      case 'oversold':
        return this.#prospects.isOversold(to)
      case 'event':
        return events.some(({ kind, text }) => kind === goal.event && new RegExp(goal.pattern).test(text))
      case 'end':
        return to.end !== undefined
    }
  }

  from(node: RecordedNode): Route | undefined {
    if (this.#known.has(node)) return this.#known.get(node)
    let best: Route | undefined
    for (const { token, steps } of node.choices) {
      steps.forEach((step, way) => {
        const rest = this.isReachedBy(step) ? 0 : this.from(step.to)?.moves
        if (rest !== undefined && rest + 1 < (best?.moves ?? Number.POSITIVE_INFINITY)) {
          best = { moves: rest + 1, next: { token, way } }
        }
      })
    }
    this.#known.set(node, best)
    return best
  }

  /** All moves of the shortest way from a position. */
  whole(node: RecordedNode): readonly Move[] {
    const route = this.from(node)
    if (route === undefined) return []
    const step = node.choices.find(({ token }) => token === route.next.token)?.steps[route.next.way]
    if (step === undefined || this.isReachedBy(step)) return [route.next]
    return [route.next, ...this.whole(step.to)]
  }
}

export interface Route {
  readonly moves: number
  readonly next: Move
}
