/**
 * Judges a small history by trying every order of effects. Shares no code with the checker.
 *
 * Each operation takes effect at one moment of [invoked, returned); an unknown one at any moment from its
 * invocation, or never. A hold is found expired from some moment of [d−ε, d+ε], and its units are free from
 * some moment between that one and d+ε+λ. Moments are chosen as early as the order allows, which is never
 * worse than later. A deadline is the time to live after a moment of the request that made the hold, give or
 * take ε and the grain in which it is told, and a hold is granted after every hold that has an older version
 * of one of its resources.
 */
import type { HistoryHeader, HoldOperation, Operation } from '../../harness/history/record.ts'

type Status = 'none' | 'held' | 'confirmed' | 'released' | 'expired' | 'freed'

interface Step {
  readonly operation: Operation
  readonly fromUs: number
  readonly untilUs: number
  readonly required: boolean
  readonly hold: number
}

interface State {
  readonly doneMask: number
  readonly nowUs: number
  readonly statuses: readonly Status[]
  /** The step that granted each hold. */
  readonly grantedBy: readonly number[]
  /** Per hold, the steps that were refused. */
  readonly refusedMask: number
}

/** Whether some order of effects explains the history. Judges no audit. */
export function isExplainable(header: HistoryHeader, operations: readonly Operation[]): boolean {
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
  const deadlines = holdIds.map(() => ({ earliestUs: -Infinity, latestUs: Infinity, freedUs: Infinity }))
  if (!repliesAgree(operations)) return false
  for (const { operation, hold } of steps) {
    if (operation.op !== 'hold' || operation.result !== 'ok') continue
    const deadlineUs = (operation.deadlineMs - header.clock.offsetMs) * 1_000
    const errorUs = header.clock.errorMs * 1_000
    deadlines[hold] = {
      earliestUs: deadlineUs - errorUs,
      latestUs: deadlineUs + errorUs,
      freedUs: deadlineUs + errorUs + header.freesLateMs * 1_000,
    }
  }
  const told = holdIds.map((id) =>
    operations.find((each) => each.op === 'hold' && each.result === 'ok' && each.holdId === id),
  )
  const requiredMask = steps.reduce((mask, step, at) => (step.required ? mask | (1 << at) : mask), 0)
  const seen = new Set<string>()

  const linesOf = (step: number) => {
    const operation = steps[step]?.operation
    return operation?.op === 'hold' ? operation.lines : []
  }
  const used = (state: State, resourceId: string): number => {
    let units = 0
    state.statuses.forEach((status, hold) => {
      if (status !== 'held' && status !== 'confirmed' && status !== 'expired') return
      for (const [id, quantity] of linesOf(state.grantedBy[hold] ?? -1))
        if (id === resourceId) units += quantity
    })
    return units
  }
  const capacity = (resourceId: string) => header.resources.find(({ id }) => id === resourceId)?.capacity ?? 0

  const search = (state: State): boolean => {
    if ((state.doneMask & requiredMask) === requiredMask) return true
    for (let hold = 0; hold < holdIds.length; hold++) {
      const due = deadlines[hold]
      if (due === undefined) continue
      if (state.statuses[hold] === 'held' && state.nowUs > due.latestUs) return false
      if (state.statuses[hold] === 'expired' && state.nowUs > due.freedUs) return false
    }
    const key = `${state.doneMask} ${state.nowUs} ${state.statuses.join()} ${state.grantedBy.join()} ${state.refusedMask}`
    if (seen.has(key)) return false
    seen.add(key)

    for (let hold = 0; hold < holdIds.length; hold++) {
      const due = deadlines[hold]
      if (due === undefined) continue
      const status = state.statuses[hold]
      if (status === 'held') {
        const nowUs = Math.max(state.nowUs, due.earliestUs)
        if (nowUs <= due.latestUs && search(changed(state, { hold, status: 'expired', nowUs }))) return true
      } else if (status === 'expired' && search(changed(state, { hold, status: 'freed' }))) return true
    }
    for (let at = 0; at < steps.length; at++) {
      const step = steps[at]
      if (step === undefined || (state.doneMask & (1 << at)) !== 0) continue
      const nowUs = Math.max(state.nowUs, step.fromUs)
      if (nowUs >= step.untilUs) {
        if (step.required) return false // its moment has passed, and later moments only come later
        continue
      }
      const done = { ...state, nowUs, doneMask: state.doneMask | (1 << at) }
      // A deadline that passed meanwhile had to be noticed first.
      let overdue = false
      for (let hold = 0; hold < holdIds.length; hold++) {
        const due = deadlines[hold]
        if (due === undefined) continue
        if (done.statuses[hold] === 'held' && nowUs > due.latestUs) overdue = true
        if (done.statuses[hold] === 'expired' && nowUs > due.freedUs) overdue = true
      }
      if (overdue) continue
      for (const next of effects(done, at, step)) if (search(next)) return true
    }
    return false
  }

  const effects = (state: State, at: number, step: Step): State[] => {
    const { operation, hold } = step
    const status = state.statuses[hold] ?? 'none'
    switch (operation.op) {
      case 'availability':
        if (operation.result !== 'ok') return [state]
        return operation.available.every(([id, units]) => capacity(id) - used(state, id) === units)
          ? [state]
          : []
      case 'confirm': {
        const good = status === 'held' || status === 'confirmed'
        if (operation.result === 'info') return good ? [changed(state, { hold, status: 'confirmed' })] : []
        if (operation.result === 'ok') return good ? [changed(state, { hold, status: 'confirmed' })] : []
        return good ? [] : [state]
      }
      case 'release': {
        if (operation.result === 'info')
          return status === 'held' ? [changed(state, { hold, status: 'released' })] : []
        if (operation.result === 'ok') {
          return status === 'held' || status === 'released'
            ? [changed(state, { hold, status: 'released' })]
            : []
        }
        if (operation.why === 'already-confirmed') return status === 'confirmed' ? [state] : []
        return status === 'held' || status === 'confirmed' || status === 'released' ? [] : [state]
      }
      case 'hold': {
        const { lines } = operation
        const isShort = ([id, units]: readonly [string, number]) => used(state, id) + units > capacity(id)
        const granted = (): State[] => {
          if (!explainsDeadline(header, operations, told[hold], operation)) return []
          if (!comesAfterOlder(told, state.grantedBy, hold)) return []
          const grantedBy = state.grantedBy.map((by, one) => (one === hold ? at : by))
          return [{ ...changed(state, { hold, status: 'held' }), grantedBy }]
        }
        const refused = (): State => ({ ...state, refusedMask: state.refusedMask | (1 << at) })
        if (operation.result === 'info') {
          if (status !== 'none') return []
          return lines.some(isShort) ? [refused()] : granted()
        }
        const known = state.grantedBy[hold] ?? -1
        if (operation.result === 'ok') {
          if (status !== 'none') return sameSet(linesOf(known), lines) ? [state] : []
          return lines.some(isShort) ? [] : granted()
        }
        const refusedBefore = steps.filter(
          (other, one) => (state.refusedMask & (1 << one)) !== 0 && other.hold === hold,
        )
        if (operation.why === 'id-reused') {
          const grant = steps[known]
          if (status !== 'none' && grant !== undefined)
            return sameRequest(grant.operation, operation) ? [] : [state]
          return refusedBefore.some((other) => !sameRequest(other.operation, operation)) ? [state] : []
        }
        if (operation.why !== 'sold-out') return [state]
        if (status !== 'none') return []
        const line = lines.find(([id]) => id === operation.resourceId)
        if (line === undefined) return []
        if (isShort(line)) return [refused()]
        const again = refusedBefore.some(
          (other) => other.operation.op === 'hold' && sameSet(other.operation.lines, lines),
        )
        return again ? [refused()] : []
      }
      default:
        throw new Error(`no such operation: ${JSON.stringify(operation satisfies never)}`)
    }
  }

  return search({
    doneMask: 0,
    nowUs: -Infinity,
    statuses: holdIds.map(() => 'none'),
    grantedBy: holdIds.map(() => -1),
    refusedMask: 0,
  })
}

function changed(
  state: State,
  {
    hold,
    status,
    nowUs = state.nowUs,
  }: { readonly hold: number; readonly status: Status; readonly nowUs?: number },
): State {
  return { ...state, nowUs, statuses: state.statuses.map((one, at) => (at === hold ? status : one)) }
}

/**
 * Whether a deadline that was told can have been computed during `request`, and before anybody knew of the
 * hold.
 */
function explainsDeadline(
  { clock }: HistoryHeader,
  operations: readonly Operation[],
  told: Operation | undefined,
  request: HoldOperation,
): boolean {
  if (told?.op !== 'hold' || told.result !== 'ok') return true
  const { deadlineMs } = told
  const grainMs = deadlineMs % 1_000 === 0 ? 1_000 : deadlineMs % 1 === 0 ? 1 : 0.01
  const slackMs = clock.errorMs + grainMs + 0.01
  const sinceMs = deadlineMs - clock.offsetMs
  const own = operations.filter((each) => each.op !== 'availability' && each.holdId === request.holdId)
  const mayBeRefused = own.some(
    (each) =>
      each.op === 'hold' && (each.result === 'info' || (each.result === 'fail' && each.why === 'sold-out')),
  )
  const knownUs = own
    .filter((each) => {
      if (each.result !== 'fail') return each.result === 'ok'
      return each.why === 'already-confirmed' || (each.why === 'id-reused' && !mayBeRefused)
    })
    .map(({ returnedUs }) => returnedUs)
  const untilUs = Math.min(request.result === 'info' ? Infinity : request.returnedUs, ...knownUs)
  const roundedMs = Math.ceil(request.ttlMs / 1_000) * 1_000
  return (
    sinceMs >= request.invokedUs / 1_000 + request.ttlMs - slackMs &&
    sinceMs <= untilUs / 1_000 + roundedMs + slackMs
  )
}

/** Whether no hold that was granted already has a newer version of a resource than this one was told. */
function comesAfterOlder(
  told: readonly (Operation | undefined)[],
  grantedBy: readonly number[],
  hold: number,
): boolean {
  const own = versionsOf(told[hold])
  return grantedBy.every((by, other) => {
    if (by === -1 || other === hold) return true
    for (const [id, version] of versionsOf(told[other])) if (version > (own.get(id) ?? Infinity)) return false
    return true
  })
}

function versionsOf(told: Operation | undefined): ReadonlyMap<string, number> {
  const versions = new Map<string, number>()
  if (told?.op !== 'hold' || told.result !== 'ok') return versions
  told.lines.forEach(([id], at) => {
    const version = told.versions?.[at]
    if (version !== undefined) versions.set(id, version)
  })
  return versions
}

/** One id has one effect, and no version is given twice: no order of effects can change that. */
function repliesAgree(operations: readonly Operation[]): boolean {
  const versions = new Map<string, string>()
  for (const one of operations) {
    if (one.op !== 'hold' || one.result !== 'ok') continue
    for (const other of operations) {
      if (other.op !== 'hold' || other.result !== 'ok' || other.holdId !== one.holdId) continue
      if (!sameSet(one.lines, other.lines) || Math.abs(one.deadlineMs - other.deadlineMs) > 0.01) return false
    }
    for (const [at, [id]] of one.lines.entries()) {
      const version = one.versions?.[at]
      if (version === undefined) continue
      const place = `${id} ${version}`
      if ((versions.get(place) ?? one.holdId) !== one.holdId) return false
      versions.set(place, one.holdId)
      const own = `${one.holdId} in ${id}`
      if ((versions.get(own) ?? `${version}`) !== `${version}`) return false
      versions.set(own, `${version}`)
    }
  }
  return true
}

type Lines = readonly (readonly [string, number])[]

function sameSet(a: Lines, b: Lines): boolean {
  return (
    a.length === b.length &&
    a.every(([id, units]) => b.some(([other, same]) => other === id && same === units))
  )
}

function sameRequest(a: Operation, b: Operation): boolean {
  if (a.op !== 'hold' || b.op !== 'hold') return false
  return a.ttlMs === b.ttlMs && JSON.stringify(a.lines) === JSON.stringify(b.lines)
}
