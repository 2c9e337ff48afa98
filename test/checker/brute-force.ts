/**
 * Judges a small history by trying every order of effects. Shares no code with the checker.
 *
 * Each operation takes effect at one moment of [invoked, returned); an unknown one at any moment from its
 * invocation, or never. A hold is found expired from some moment of [d−ε, d+ε], and its units are free from
 * some moment between that one and d+ε+λ. Moments are chosen as early as the order allows, because a later
 * moment never allows more. A deadline is the TTL after a moment of the request that made the hold, give or
 * take ε and the precision in which it is reported, and a hold is granted after every hold that has an older
 * version of one of its resources; its deadline may be decided later in the same call. A hold whose deadline
 * is in no answer expires no sooner than its TTL after its first request, give or take 2ε and a second, or
 * the precision of the finest deadline in an answer.
 */
import type { HistoryHeader, Operation } from '../../harness/history/record.ts'
import { decidedFromUs, repliesAgree } from './answers.ts'
import { changed, type Problem, SequentialSpecification, type State, type Step } from './specification.ts'

/** When a hold expires and when its units are freed, by the harness's clock. */
interface Due {
  readonly earliestUs: number
  readonly latestUs: number
  readonly freedUs: number
}

/** Whether some order of effects explains the history. Does not judge an audit. */
export function isExplainable(header: HistoryHeader, operations: readonly Operation[]): boolean {
  return repliesAgree(operations) && new OrderSearch(problemOf(header, operations)).succeeds()
}

function problemOf(header: HistoryHeader, operations: readonly Operation[]): Problem {
  const holdIds: string[] = []
  const steps: Step[] = []
  for (const operation of operations) {
    if (operation.op === 'hold' && operation.result === 'fail' && operation.why === 'contended') continue
    if (operation.op === 'availability' && operation.result === 'info') continue
    let hold = -1
    if (operation.op !== 'availability') {
      hold = holdIds.indexOf(operation.holdId)
      if (hold === -1) hold = holdIds.push(operation.holdId) - 1
    }
    const required = operation.result !== 'info'
    steps.push({
      operation,
      fromUs: operation.invokedUs,
      untilUs: required ? Math.max(operation.returnedUs, operation.invokedUs + 0.5) : Infinity,
      required,
      hold,
    })
  }
  const grants = holdIds.map((id) =>
    operations.find((each) => each.op === 'hold' && each.result === 'ok' && each.holdId === id),
  )
  return { header, operations, steps, grants }
}

/** Depth-first; every state is visited once. */
class OrderSearch {
  readonly #problem: Problem
  readonly #specification: SequentialSpecification
  readonly #due: readonly Due[]
  readonly #requiredMask: number
  readonly #seen = new Set<string>()

  constructor(problem: Problem) {
    this.#problem = problem
    this.#specification = new SequentialSpecification(problem)
    this.#due = problem.grants.map((_, hold) => dueOf(problem, hold))
    this.#requiredMask = problem.steps.reduce(
      (mask, { required }, at) => (required ? mask | (1 << at) : mask),
      0,
    )
  }

  succeeds(): boolean {
    const { grants } = this.#problem
    return this.#search({
      doneMask: 0,
      nowUs: -Infinity,
      statuses: grants.map(() => 'none'),
      grantedBy: grants.map(() => -1),
      refusedMask: 0,
    })
  }

  #search(state: State): boolean {
    if ((state.doneMask & this.#requiredMask) === this.#requiredMask) return true
    if (this.#isOverdue(state)) return false
    const key = `${state.doneMask} ${state.nowUs} ${state.statuses.join()} ${state.grantedBy.join()} ${state.refusedMask}`
    if (this.#seen.has(key)) return false
    this.#seen.add(key)
    return this.#expiresNext(state) || this.#takesEffectNext(state)
  }

  /** Whether a deadline has passed that had to be noticed first. */
  #isOverdue({ statuses, nowUs }: State): boolean {
    return this.#due.some(
      ({ latestUs, freedUs }, hold) =>
        (statuses[hold] === 'held' && nowUs > latestUs) || (statuses[hold] === 'expired' && nowUs > freedUs),
    )
  }

  #expiresNext(state: State): boolean {
    return this.#due.some(({ earliestUs, latestUs }, hold) => {
      const status = state.statuses[hold]
      if (status === 'expired') return this.#search(changed(state, { hold, status: 'freed' }))
      if (status !== 'held') return false
      const nowUs = Math.max(state.nowUs, earliestUs)
      return nowUs <= latestUs && this.#search(changed(state, { hold, status: 'expired', nowUs }))
    })
  }

  /** Units may be taken before a deadline is decided; nobody confirms, releases or gets such a hold again. */
  #decidedFromUs({ statuses, grantedBy }: State, { hold, operation }: Step): number {
    const { header, grants, steps } = this.#problem
    const granted = steps[grantedBy[hold] ?? -1]?.operation
    if (statuses[hold] !== 'held' || operation.result === 'fail' || granted?.op !== 'hold') return -Infinity
    return decidedFromUs(header, grants[hold], granted)
  }

  #takesEffectNext(state: State): boolean {
    for (const [at, step] of this.#problem.steps.entries()) {
      if ((state.doneMask & (1 << at)) !== 0) continue
      const nowUs = Math.max(state.nowUs, step.fromUs, this.#decidedFromUs(state, step))
      if (nowUs >= step.untilUs) {
        if (step.required) return false // its moment has passed, and every later state is later still
        continue
      }
      const done = { ...state, nowUs, doneMask: state.doneMask | (1 << at) }
      if (this.#isOverdue(done)) continue
      for (const next of this.#specification.effects(done, at, step)) if (this.#search(next)) return true
    }
    return false
  }
}

function dueOf({ header, steps }: Problem, hold: number): Due {
  const unknown = steps.flatMap(({ operation, hold: other }) =>
    other === hold && operation.op === 'hold' && operation.result === 'info' ? [operation] : [],
  )
  const soonestUs = unknown.map(({ invokedUs, ttlMs }) => invokedUs + ttlMs * 1_000)
  const grainsMs = steps.flatMap(({ operation }) =>
    operation.op === 'hold' && operation.result === 'ok' ? [precisionMs(operation.deadlineMs)] : [],
  )
  const leewayUs = (2 * header.clock.errorMs + Math.min(1_000, ...grainsMs) + 0.01) * 1_000
  const earliestUs = Math.min(...soonestUs) - leewayUs
  let due: Due = { earliestUs, latestUs: Infinity, freedUs: Infinity }
  for (const { operation, hold: other } of steps) {
    if (other !== hold || operation.op !== 'hold' || operation.result !== 'ok') continue
    const deadlineUs = (operation.deadlineMs - header.clock.offsetMs) * 1_000
    const errorUs = header.clock.errorMs * 1_000
    due = {
      earliestUs: deadlineUs - errorUs,
      latestUs: deadlineUs + errorUs,
      freedUs: deadlineUs + errorUs + header.freesLateMs * 1_000,
    }
  }
  return due
}

/** Deadlines are reported in whole seconds, in whole milliseconds, or exactly. */
function precisionMs(deadlineMs: number): number {
  if (deadlineMs % 1_000 === 0) return 1_000
  return Number.isInteger(deadlineMs) ? 1 : 0
}
