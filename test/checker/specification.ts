/** The sequential specification: the effects that one operation can have in a state. Shares no code with the checker. */
import type { HistoryHeader, HoldOperation, Operation } from '../../harness/history/record.ts'
import { comesAfterOlder, explainsDeadline, type Lines, sameRequest, sameSet } from './answers.ts'

type Status = 'none' | 'held' | 'confirmed' | 'released' | 'expired' | 'freed'

/** An operation, and when it may take effect. */
export interface Step {
  readonly operation: Operation
  readonly fromUs: number
  readonly untilUs: number
  /** Not for an unknown one. */
  readonly required: boolean
  /** Index of the hold; -1 for a read. */
  readonly hold: number
}

export interface State {
  readonly doneMask: number
  readonly nowUs: number
  readonly statuses: readonly Status[]
  /** The step that granted each hold. */
  readonly grantedBy: readonly number[]
  /** Steps that were refused. */
  readonly refusedMask: number
}

export interface Problem {
  readonly header: HistoryHeader
  readonly operations: readonly Operation[]
  readonly steps: readonly Step[]
  /** For each hold, the operation that reports it as granted. */
  readonly grants: readonly (Operation | undefined)[]
}

export class SequentialSpecification {
  readonly #problem: Problem

  constructor(problem: Problem) {
    this.#problem = problem
  }

  /** The states that may follow; none if the answer is impossible here. */
  effects(state: State, at: number, { operation, hold }: Step): readonly State[] {
    const status = state.statuses[hold] ?? 'none'
    const become = (next: Status) => [changed(state, { hold, status: next })]
    switch (operation.op) {
      case 'availability': {
        if (operation.result !== 'ok') return [state]
        const free = (id: string) => this.#capacity(id) - this.#used(state, id)
        return operation.available.every(([id, units]) => free(id) === units) ? [state] : []
      }
      case 'confirm': {
        const isGood = status === 'held' || status === 'confirmed'
        if (operation.result === 'fail') return isGood ? [] : [state]
        return isGood ? become('confirmed') : []
      }
      case 'release': {
        if (operation.result === 'info') return status === 'held' ? become('released') : []
        if (operation.result === 'ok') {
          return status === 'held' || status === 'released' ? become('released') : []
        }
        if (operation.why === 'already-confirmed') return status === 'confirmed' ? [state] : []
        return status === 'held' || status === 'confirmed' || status === 'released' ? [] : [state]
      }
      case 'hold':
        return operation.result === 'fail'
          ? this.#refusal(state, at, hold, operation)
          : this.#claim(state, at, hold, operation)
      default:
        throw new Error(`no such operation: ${JSON.stringify(operation satisfies never)}`)
    }
  }

  /** A hold that was granted, or whose answer is unknown. */
  #claim(state: State, at: number, hold: number, operation: HoldOperation): readonly State[] {
    const { lines, result } = operation
    if ((state.statuses[hold] ?? 'none') !== 'none') {
      return result === 'ok' && sameSet(this.#linesOf(state.grantedBy[hold] ?? -1), lines) ? [state] : []
    }
    if (lines.some((line) => this.#isShort(state, line))) return result === 'ok' ? [] : [refused(state, at)]
    const { header, operations, grants } = this.#problem
    if (!explainsDeadline(header, operations, grants[hold], operation)) return []
    if (!comesAfterOlder(grants, state.grantedBy, hold)) return []
    const grantedBy = state.grantedBy.map((by, one) => (one === hold ? at : by))
    return [{ ...changed(state, { hold, status: 'held' }), grantedBy }]
  }

  #refusal(
    state: State,
    at: number,
    hold: number,
    operation: Extract<HoldOperation, { readonly result: 'fail' }>,
  ): readonly State[] {
    const { steps } = this.#problem
    const isNew = (state.statuses[hold] ?? 'none') === 'none'
    const refusedBefore = steps
      .filter((other, one) => (state.refusedMask & (1 << one)) !== 0 && other.hold === hold)
      .map((step) => step.operation)
    if (operation.why === 'id-reused') {
      const grant = steps[state.grantedBy[hold] ?? -1]
      if (!isNew && grant !== undefined) return sameRequest(grant.operation, operation) ? [] : [state]
      return refusedBefore.some((other) => !sameRequest(other, operation)) ? [state] : []
    }
    if (operation.why !== 'sold-out') return [state]
    const line = operation.lines.find(([id]) => id === operation.resourceId)
    if (!isNew || line === undefined) return []
    const isRepeated = refusedBefore.some(
      (other) => other.op === 'hold' && sameSet(other.lines, operation.lines),
    )
    return isRepeated || this.#isShort(state, line) ? [refused(state, at)] : []
  }

  #isShort(state: State, [id, units]: Lines[number]): boolean {
    return this.#used(state, id) + units > this.#capacity(id)
  }

  #used(state: State, resourceId: string): number {
    let units = 0
    for (const [hold, status] of state.statuses.entries()) {
      if (status !== 'held' && status !== 'confirmed' && status !== 'expired') continue
      for (const [id, quantity] of this.#linesOf(state.grantedBy[hold] ?? -1)) {
        if (id === resourceId) units += quantity
      }
    }
    return units
  }

  #capacity(resourceId: string): number {
    return this.#problem.header.resources.find(({ id }) => id === resourceId)?.capacity ?? 0
  }

  #linesOf(step: number): Lines {
    const operation = this.#problem.steps[step]?.operation
    return operation?.op === 'hold' ? operation.lines : []
  }
}

function refused(state: State, at: number): State {
  return { ...state, refusedMask: state.refusedMask | (1 << at) }
}

export function changed(
  state: State,
  {
    hold,
    status,
    nowUs = state.nowUs,
  }: { readonly hold: number; readonly status: Status; readonly nowUs?: number },
): State {
  return { ...state, nowUs, statuses: state.statuses.map((one, at) => (at === hold ? status : one)) }
}
