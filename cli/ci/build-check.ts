/** What a command has judged, as the tools of a build want it: each property, trial or scenario. */
import type { CaseResult, ConformanceReport } from '../../harness/conformance/conform.ts'
import { plain } from '../../harness/engines/wording.ts'
import type { Explored } from '../../harness/explore/explore.ts'
import type { Results } from '../../harness/results/results.ts'
import type { NotProven } from '../../harness/results/strategies.ts'

/** `not-proven`: nothing was shown, which is never a pass. `skipped`: it does not apply. */
type BuildCheckKind = 'passed' | 'failed' | 'not-proven' | 'skipped'

export interface BuildCheck {
  /** The strategy, and the suite if there are several. */
  readonly group: string
  readonly name: string
  readonly kind: BuildCheckKind
  readonly seconds?: number
  /** One sentence; absent if it passed. */
  readonly why?: string
  /** Whatever helps to understand it: a conviction, a stack, the command that repeats it. */
  readonly details?: string
}

export function ofConformance({ strategy, cases }: ConformanceReport): readonly BuildCheck[] {
  return cases.map((each) => ofCase(strategy, each))
}

function ofCase(strategy: string, each: CaseResult): BuildCheck {
  const of = { group: `${strategy}: ${each.suite}`, name: each.name, seconds: each.durationMs / 1_000 }
  switch (each.kind) {
    case 'passed':
      return { ...of, kind: 'passed' }
    case 'failed':
      return { ...of, kind: 'failed', why: each.reason, details: each.stack ?? each.property }
    case 'not-applicable':
      return { ...of, kind: 'skipped', why: each.why }
    case 'not-run':
      return { ...of, kind: 'not-proven', why: each.why }
  }
}

/** A strategy that is declared unsafe and was convicted has kept its promise: it passes. */
export function ofResults({ trials, notProven, control }: Results): readonly BuildCheck[] {
  const caught: BuildCheck = {
    group: `the control, ${control.strategy}`,
    name: `is convicted on ${control.workload}`,
    ...(control.caught
      ? { kind: 'passed' }
      : { kind: 'not-proven', why: 'it was not caught, so that the run proves nothing' }),
  }
  const played = trials.map((trial): BuildCheck => {
    const of = {
      group: trial.strategy,
      name: `${trial.workload}, ${trial.concurrency} callers, repeat ${trial.repeat}`,
      seconds: trial.elapsedMs / 1_000,
    }
    if (trial.asPromised) return { ...of, kind: 'passed' }
    const why = trial.verdictReasons.join('; ') || `${trial.verdict}, which is not what it promises`
    const details = trial.conviction === undefined ? {} : { details: trial.conviction }
    return { ...of, kind: trial.verdict === 'invalid' ? 'failed' : 'not-proven', why, ...details }
  })
  return [caught, ...played, ...notProven.map(ofNotProven)]
}

export function ofExplorations(
  explorations: readonly Explored[],
  notProven: readonly NotProven[],
  replayWith: string,
): readonly BuildCheck[] {
  const explored = explorations.map((each): BuildCheck => {
    const { strategy, scenario, clients, outcome, schedules, violating, asPromised } = each
    const of = {
      group: strategy,
      name: `${scenario}, every interleaving of ${clients} clients`,
      seconds: each.elapsedMs / 1_000,
    }
    if (asPromised) return { ...of, kind: 'passed' }
    const replay = each.schedule === undefined ? [] : [`Step by step: ${replayWith} replay ${each.schedule}`]
    const details = [...(each.conviction === undefined ? [] : [plain(each.conviction)]), ...replay].join(
      '\n\n',
    )
    if (outcome !== 'violated')
      return { ...of, kind: 'not-proven', why: each.reasons.join('; ') || outcome, details }
    return { ...of, kind: 'failed', why: `${violating} of ${schedules} schedules break a rule`, details }
  })
  return [...explored, ...notProven.map(ofNotProven)]
}

export function ofNotProven({ strategy, why, remedy }: NotProven): BuildCheck {
  return { group: strategy, name: 'is tested', kind: 'not-proven', why, details: remedy }
}
