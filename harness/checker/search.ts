/**
 * Whether some order of effects explains what was granted, confirmed, released, refused and read in a part of
 * a history: a search after Wing, Gong and Lowe.
 *
 * Time goes from one thing that must have happened to the next: a call that returns, a deadline whose latest
 * moment comes, units of a due hold that must be free, the reading of the store. Before each, every effect
 * that was possible by then may happen, in every order, until the one that must have happened has; others may
 * be left for later. A state that was reached before is not tried again. An answer that is true of a state
 * and changes nothing is taken at once, since that can only leave less to explain.
 *
 * No false alarm: the true order of effects is among those tried. Wherever the contract leaves freedom, the
 * search allows at least as much: a hold of unknown deadline may expire as soon as its time to live allows,
 * one that is granted after its own deadline is over at once, and while units of a due hold may not be free
 * yet, a refusal may count them as taken and a read as free. A deadline says when its hold was granted only
 * in a search of that (`byDeadline`): a technique may take units before it decides on the deadline.
 */
import { AnswerCode } from '../history/answer-code.ts'
import { itemAt } from './at.ts'
import type { Observation } from './observations.ts'
import type { SearchHold, SearchProblem, SearchStep } from './search-problem.ts'

const NONE = 0
const HELD = 1
/** Past its deadline; its units may not be free yet. */
const DUE = 2
const FREED = 3
const RELEASED = 4
const CONFIRMED = 5

/** Something that must have happened at a moment. */
type Milestone =
  | { readonly kind: 'return'; readonly us: number; readonly step: number }
  | { readonly kind: 'observed'; readonly us: number; readonly observation: number }
  | { readonly kind: 'not-live' | 'freed'; readonly us: number; readonly hold: number }
  | { readonly kind: 'store'; readonly us: number }

interface SearchState {
  /** By call: whether it has had its effect, or was found true. */
  readonly done: Uint8Array
  /** By observation: whether it was true. */
  readonly seen: Uint8Array
  readonly status: Uint8Array
  readonly payload: Int8Array
}

/** At most this many states are tried. */
export const STATES_MAX = 20_000

/** `gave-up`: a decision would take too long. */
export type Explained = 'yes' | 'no' | 'gave-up'

export function isExplained(problem: SearchProblem): Explained {
  // Payloads are kept in bytes; a part with more payloads cannot be searched.
  if (problem.payloads.length > 127) return 'gave-up'
  return new Search(problem).run()
}

class Search {
  readonly #problem: SearchProblem
  readonly #milestones: readonly Milestone[]
  /** By hold: the holds that have an older version of one of its resources. */
  readonly #older: readonly (readonly number[])[]
  readonly #seen = new Set<string>()
  #states = 0

  constructor(problem: SearchProblem) {
    this.#problem = problem
    this.#milestones = milestonesOf(problem)
    this.#older = problem.holds.map((hold) => olderThan(problem, hold))
  }

  run(): Explained {
    const { steps, holds, observations } = this.#problem
    const start = {
      done: new Uint8Array(steps.length),
      seen: new Uint8Array(observations.length),
      status: new Uint8Array(holds.length),
      payload: new Int8Array(holds.length).fill(-1),
    }
    const found = this.#explains(0, start)
    return found ? 'yes' : this.#states > STATES_MAX ? 'gave-up' : 'no'
  }

  /**
   * Whether some order of effects from here on explains the rest. Also false once the search has given up.
   */
  #explains(at: number, state: SearchState): boolean {
    const milestone = this.#milestones[at]
    if (milestone === undefined) return true
    if (++this.#states > STATES_MAX) return false
    this.#observe(milestone, state)
    if (this.#isReached(milestone, state)) {
      if (this.#explains(at + 1, copyOf(state))) return true
      // A hold that is granted later than this expires at once, so it may have to be granted before.
      if (milestone.kind !== 'not-live' || state.status[milestone.hold] !== NONE) return false
    }
    const key = `${at}|${state.done}|${state.seen}|${state.status}|${state.payload}`
    if (this.#seen.has(key)) return false
    this.#seen.add(key)
    for (const next of this.#changes(at, milestone, state)) {
      if (this.#explains(at, next)) return true
    }
    return false
  }

  #isReached(milestone: Milestone, { done, seen, status }: SearchState): boolean {
    switch (milestone.kind) {
      case 'return':
        return done[milestone.step] === 1
      case 'observed':
        return seen[milestone.observation] === 1
      case 'not-live':
        return status[milestone.hold] !== HELD
      case 'freed':
        return status[milestone.hold] !== DUE
      case 'store':
        return this.#problem.holds.every(({ stored }, hold) => isStoredAs(stored, status[hold] ?? NONE))
    }
  }

  /** Marks every open call whose answer is true now and changes nothing. */
  #observe(milestone: Milestone, state: SearchState): void {
    for (const [number, step] of this.#problem.steps.entries()) {
      if (state.done[number] === 1 || !isOpen(step, milestone)) continue
      if (isTrue(step, state)) state.done[number] = 1
    }
    for (const [number, observation] of this.#problem.observations.entries()) {
      if (state.seen[number] === 1 || !isOpen(observation, milestone)) continue
      if (this.#isSeen(observation, state)) state.seen[number] = 1
    }
  }

  /** The states that one more effect can produce. */
  *#changes(at: number, milestone: Milestone, state: SearchState): Generator<SearchState> {
    const { steps, holds } = this.#problem
    // The call that returns first usually had its effect first.
    for (const [number, step] of steps.entries()) {
      if (state.done[number] === 1 || !isOpen(step, milestone)) continue
      yield* this.#effects(at, state, number, step)
    }
    for (const [hold, { dueFromUs }] of holds.entries()) {
      if (state.status[hold] === HELD && dueFromUs <= milestone.us) yield withStatus(state, hold, DUE)
      if (state.status[hold] === DUE) yield withStatus(state, hold, FREED)
    }
  }

  *#effects(at: number, state: SearchState, number: number, step: SearchStep): Generator<SearchState> {
    const status = state.status[step.hold]
    switch (step.answer) {
      case AnswerCode.held:
      case AnswerCode.holdUnknown:
        if (status !== NONE || this.#isUndecided(at, step) || !this.#mayGrant(state, step)) return
        for (const granted of this.#isOver(at, step.hold) ? [DUE, FREED] : [HELD]) {
          const next = withStatus(state, step.hold, granted, number)
          next.payload[step.hold] = step.payload
          yield next
        }
        return
      case AnswerCode.confirmed:
      case AnswerCode.confirmUnknown:
        if (status === HELD) yield withStatus(state, step.hold, CONFIRMED, number)
        return
      case AnswerCode.released:
      case AnswerCode.releaseUnknown:
        if (status === HELD) yield withStatus(state, step.hold, RELEASED, number)
        return
      default: // changes nothing
    }
  }

  /** Whether the deadline of a hold can only be decided after the next milestone. */
  #isUndecided(at: number, { decidedFromUs }: SearchStep): boolean {
    return this.#problem.isDated && decidedFromUs > (this.#milestones[at]?.us ?? Number.POSITIVE_INFINITY)
  }

  /** Whether the latest moment of a hold's deadline has passed. */
  #isOver(at: number, hold: number): boolean {
    return this.#milestones.some(
      (milestone, before) => before < at && milestone.kind === 'not-live' && milestone.hold === hold,
    )
  }

  /** Units of a due hold may be free or taken. */
  #isSeen({ anyOf, hold }: Observation, state: SearchState): boolean {
    return anyOf.some(({ resource, least, most }) => {
      const capacity = itemAt(this.#problem.capacities, resource)
      const fewest = capacity - this.#used(state, resource, { except: hold })
      const firm = this.#used(state, resource, { except: hold, isDueFree: true })
      return fewest <= most && capacity - firm >= least
    })
  }

  #used(
    { status, payload }: SearchState,
    resource: number,
    { except = -1, isDueFree = false }: { readonly except?: number; readonly isDueFree?: boolean } = {},
  ): number {
    let used = 0
    status.forEach((one, hold) => {
      if (hold === except || (one === DUE && isDueFree)) return
      if (one !== HELD && one !== CONFIRMED && one !== DUE) return
      for (const [id, units] of this.#problem.payloads[payload[hold] ?? -1]?.lines ?? []) {
        if (id === resource) used += units
      }
    })
    return used
  }

  #mayGrant(state: SearchState, { hold, payload }: SearchStep): boolean {
    const { holds, payloads, capacities } = this.#problem
    const own = holds[hold]
    if (own === undefined || (own.granted !== -1 && own.granted !== payload)) return false
    for (const [resource, units] of payloads[payload]?.lines ?? []) {
      if (this.#used(state, resource) + units > itemAt(capacities, resource)) return false
    }
    // A hold with an older version was certainly granted, and earlier.
    return this.#older[hold]?.every((older) => state.status[older] !== NONE) ?? true
  }
}

function olderThan({ holds }: SearchProblem, { versions }: SearchHold): readonly number[] {
  return holds.flatMap((other, at) => {
    const isOlder = [...versions].some(
      ([resource, version]) => (other.versions.get(resource) ?? version) < version,
    )
    return isOlder ? [at] : []
  })
}

/** Whether an answer is true of a state that it does not change. */
function isTrue({ answer, hold, payload }: SearchStep, state: SearchState): boolean {
  const status = state.status[hold] ?? NONE
  switch (answer) {
    case AnswerCode.held:
      return status !== NONE && state.payload[hold] === payload
    case AnswerCode.confirmed:
    case AnswerCode.alreadyConfirmed:
      return status === CONFIRMED
    case AnswerCode.confirmGone:
      return status !== HELD && status !== CONFIRMED
    case AnswerCode.released:
      return status === RELEASED
    case AnswerCode.releaseGone:
      return status === NONE || status === DUE || status === FREED
    default:
      return false
  }
}

/** In order of time. Events after the last return, or after the store was read, force nothing. */
function milestonesOf({ steps, holds, observations, stored }: SearchProblem): readonly Milestone[] {
  const milestones: Milestone[] = []
  let lastUs = stored?.fromUs ?? Number.NEGATIVE_INFINITY
  steps.forEach(({ untilUs }, step) => {
    if (untilUs === Number.POSITIVE_INFINITY) return
    milestones.push({ kind: 'return', us: untilUs, step })
    lastUs = Math.max(lastUs, untilUs)
  })
  observations.forEach(({ untilUs }, observation) => {
    milestones.push({ kind: 'observed', us: untilUs, observation })
    lastUs = Math.max(lastUs, untilUs)
  })
  holds.forEach(({ liveUntilUs, freedByUs }, hold) => {
    if (liveUntilUs < lastUs) milestones.push({ kind: 'not-live', us: liveUntilUs, hold })
    if (freedByUs < lastUs) milestones.push({ kind: 'freed', us: freedByUs, hold })
  })
  const inTime = milestones.toSorted((a, b) => a.us - b.us)
  return stored === undefined ? inTime : [...inTime, { kind: 'store', us: stored.byUs }]
}

/**
 * Whether a call may have had its effect by now: a call that is invoked when another returns comes after it.
 */
function isOpen({ fromUs }: Pick<SearchStep, 'fromUs'>, { us }: Milestone): boolean {
  return fromUs <= us
}

function isStoredAs(stored: SearchHold['stored'], status: number): boolean {
  switch (stored) {
    case 'confirmed':
      return status === CONFIRMED
    case 'released':
      return status === RELEASED
    case 'unsold':
      return status === HELD || status === DUE || status === FREED
    case 'absent':
      // It was never made, or has ended since.
      return status !== HELD && status !== CONFIRMED
    case undefined:
      return true
  }
}

function copyOf({ done, seen, status, payload }: SearchState): SearchState {
  return { done: done.slice(), seen: seen.slice(), status: status.slice(), payload: payload.slice() }
}

/** A copy in which the call with that number has changed one hold. */
function withStatus(state: SearchState, hold: number, status: number, step?: number): SearchState {
  const next = copyOf(state)
  next.status[hold] = status
  if (step !== undefined) next.done[step] = 1
  return next
}
