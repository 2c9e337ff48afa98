/**
 * What the contract has and a strategy may do without, if it says so. What it lacks is not asked of it, and
 * its absence is tested: a call that needs it must throw, and change nothing.
 */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import type { Scenario } from '../explore/scenario.ts'
import { CONFIRM, type HoldSession, type Send, type Step, type Workload } from '../workloads/workload.ts'

export const CAPABILITIES = ['several-lines', 'quantities', 'release'] as const

/**
 * `several-lines`: one hold of more than one resource. `quantities`: more than one unit of a resource.
 * `release`: giving a hold back before its deadline.
 */
export type Capability = (typeof CAPABILITIES)[number]

/** What a strategy lacks was asked of it. Says nothing about the strategy. */
class LackingError extends Error {
  override readonly name = 'LackingError'
}

/** Tells whether a case asked for what the strategy lacks; such a case is not for it. */
export interface Guarded {
  readonly entry: StrategyEntry
  /** The first that was asked for. */
  asked(): Capability | undefined
}

/** The strategy, of which nothing is asked that it lacks. */
export function guarded(entry: StrategyEntry, lacks: readonly Capability[]): Guarded {
  let asked: Capability | undefined
  const refuse = (capability: Capability, isNeeded: boolean): void => {
    if (!isNeeded || !lacks.includes(capability)) return
    asked ??= capability
    throw new LackingError(`it declares that it lacks ${capability}`)
  }
  const guard = (strategy: ReservationStrategy): ReservationStrategy => ({
    async createResources(resources) {
      refuse(
        'quantities',
        resources.some(({ capacity }) => capacity > 1),
      )
      await strategy.createResources(resources)
    },
    async hold(request) {
      refuse('several-lines', request.lines.length > 1)
      refuse(
        'quantities',
        request.lines.some(({ quantity }) => quantity > 1),
      )
      return strategy.hold(request)
    },
    confirm: (id) => strategy.confirm(id),
    async release(id) {
      refuse('release', true)
      return strategy.release(id)
    },
    availability: (ids) => strategy.availability(ids),
    expireDue: (limit) => strategy.expireDue(limit),
    close: () => strategy.close(),
  })
  return {
    entry: {
      ...entry,
      open: async (connections, settings) => guard(await entry.open(connections, settings)),
    },
    asked: () => asked,
  }
}

/** What a scenario of the explorer asks for. */
export function neededBy(scenario: Scenario, clients: number): readonly Capability[] {
  const requests = Array.from({ length: clients }, (_, client) => scenario.requests(client)).flat()
  const all: readonly (readonly [Capability, boolean])[] = [
    ['several-lines', requests.some((request) => request.op === 'hold' && request.seats.length > 1)],
    ['quantities', Object.values(scenario.seats).some((units) => units > 1)],
    ['release', requests.some(({ op }) => op === 'release')],
  ]
  return all.flatMap(([capability, isNeeded]) => (isNeeded ? [capability] : []))
}

/** Enough of a caller's sessions to see all that it ever asks for. */
const SESSIONS_SEEN = 50
const CALLERS_SEEN = 8

/** What a workload asks for, as seen in a plan of it that nobody plays. */
export function usedBy(workload: Workload): readonly Capability[] {
  const plan = workload.plan({ seed: 1, concurrency: CALLERS_SEEN, durationMs: 1_000 })
  const sessions = plan.callers.flatMap((caller) => {
    const seen: HoldSession[] = []
    for (let at = 0; at < SESSIONS_SEEN; at++) {
      const session = caller.next()
      if (session === undefined) break
      if (session.kind === 'hold') seen.push(session)
    }
    return seen
  })
  const sends = sessions.flatMap(({ steps }) => steps.flatMap(sendsOf))
  const lines = [
    ...sessions.map((session) => session.lines),
    ...sends.flatMap((send) => (send.do === 'reuse-id' ? [send.lines] : [])),
  ]
  const all: readonly (readonly [Capability, boolean])[] = [
    ['several-lines', lines.some((each) => each.length > 1)],
    [
      'quantities',
      plan.resources.some(({ capacity }) => capacity > 1) ||
        lines.some((each) => each.some(({ quantity }) => quantity > 1)),
    ],
    ['release', sends.some((send) => send.do === 'release')],
  ]
  return all.flatMap(([capability, isNeeded]) => (isNeeded ? [capability] : []))
}

function sendsOf(step: Step): readonly Send[] {
  if (step.do === 'pause' || step.do === 'wait-for-deadline') return []
  if (step.do === 'confirm-if') return [CONFIRM]
  return step.do === 'concurrently' ? step.sends : [step]
}
