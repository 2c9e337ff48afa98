/** Runs every suite on one strategy, and reports what was proven and what was not. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { Keeping } from '../engines/engine.ts'
import type { Engines } from '../engines/open.ts'
import { describeEngines } from '../engines/open.ts'
import { reasonOf } from '../errors.ts'
import type { Ground } from '../ground/ground.ts'
import { keptOn, whyNotKept } from '../ground/kept.ts'
import { CASE_DEADLINE_MS, type CaseOutcome, groundFor, runCase } from './run.ts'
import type { Case } from './subject.ts'
import { suites } from './suites.ts'

/** Concurrent cases: most of their time is spent waiting for deadlines. */
const AT_ONCE = 4
/** After this many cases that did not end, the remaining ones are not run. */
const STUCK_MAX = 3

/** One case and its result. */
export type CaseResult = {
  readonly suite: string
  readonly name: string
  /** What the contract says, in one sentence. */
  readonly property: string
  readonly durationMs: number
} & CaseOutcome

export interface ConformanceReport {
  readonly strategy: string
  /** `passed`: every applicable case passed. `not-proven`: none failed, but some were not run. */
  readonly verdict: 'passed' | 'failed' | 'not-proven'
  readonly cases: readonly CaseResult[]
  /** The engines used, one line each. */
  readonly engines: readonly string[]
  /** What these cases do not check, one sentence each. */
  readonly notChecked: readonly string[]
}

export interface ConformOrder {
  readonly engines: Engines
  /** The deadline of each case. */
  readonly deadlineMs?: number
  readonly signal?: AbortSignal
  readonly onResult?: (result: CaseResult, of: { readonly done: number; readonly all: number }) => void
}

interface Planned {
  readonly suite: string
  readonly each: Case
}

/** Runs every case. Throws if the strategy cannot be opened, or an engine fails. */
export async function runSuites(entry: StrategyEntry, order: ConformOrder): Promise<ConformanceReport> {
  const planned = Object.entries(suites).flatMap(([suite, all]) => all.map((each) => ({ suite, each })))
  const strays: unknown[] = []
  const onStray = (reason: unknown): void => {
    strays.push(reason)
  }
  process.on('unhandledRejection', onStray)
  try {
    const { cases, keeping } = await new Run(entry, order, planned).results()
    const all = [...cases, strayResult(strays)]
    const notKept = whyNotKept(keeping, verdictOf(all) === 'failed')
    return {
      strategy: entry.name,
      verdict: notKept.length > 0 ? 'not-proven' : verdictOf(all),
      cases: all,
      engines: describeEngines(Object.fromEntries(entry.engines.map((name) => [name, order.engines[name]]))),
      notChecked: [...notKept.map((why) => `Nothing is proved: ${why}.`), ...notChecked(entry, all)],
    }
  } finally {
    process.off('unhandledRejection', onStray)
  }
}

/** Runs the cases, a few at a time, on a shared ground that is replaced when a case gets stuck on it. */
class Run {
  readonly #entry: StrategyEntry
  readonly #order: ConformOrder
  readonly #planned: readonly Planned[]
  readonly #results = new Map<Planned, CaseResult>()
  #ground: Promise<Ground>
  readonly #grounds: Promise<Ground>[] = []
  readonly #abandoned = new Set<Ground>()
  #stuck = 0

  constructor(entry: StrategyEntry, order: ConformOrder, planned: readonly Planned[]) {
    this.#entry = entry
    this.#order = order
    this.#planned = planned
    this.#ground = this.#newGround()
  }

  async results(): Promise<{ readonly cases: readonly CaseResult[]; readonly keeping: readonly Keeping[] }> {
    try {
      await this.#ground
      const queue = this.#planned.values()
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (const next of queue) await this.#take(next)
        }),
      )
      const keeping = await Promise.all(this.#grounds.map(async (each) => keptOn(await each)))
      const cases = this.#planned.flatMap((each) => this.#results.get(each) ?? [])
      return { cases, keeping: keeping.flat() }
    } finally {
      for (const ground of this.#grounds) await ground.then((each) => each.dispose()).catch(() => undefined)
    }
  }

  async #take(next: Planned): Promise<void> {
    const beganMs = performance.now()
    const outcome = await this.#outcomeOf(next.each)
    const { name, property } = next.each
    const result = { suite: next.suite, name, property, durationMs: performance.now() - beganMs, ...outcome }
    this.#results.set(next, result)
    this.#order.onResult?.(result, { done: this.#results.size, all: this.#planned.length })
  }

  async #outcomeOf(each: Case): Promise<CaseOutcome> {
    const { signal, engines, deadlineMs = CASE_DEADLINE_MS } = this.#order
    const entry = this.#entry
    for (;;) {
      if (signal?.aborted === true)
        return { kind: 'not-run', why: `the run ended: ${reasonOf(signal.reason)}` }
      if (this.#stuck >= STUCK_MAX)
        return { kind: 'not-run', why: `${this.#stuck} earlier cases did not end` }
      const shared = await this.#ground
      const outcome = await runCase(each, { entry, engines, shared, deadlineMs })
      if (outcome.kind !== 'failed') return outcome
      if (outcome.isStuck) {
        this.#stuck++
        if (each.alone !== true) this.#abandon(shared)
        return outcome
      }
      // It may have lacked connections that a stuck case kept, so it is repeated on the new ground.
      if (each.alone === true || !this.#abandoned.has(shared)) return outcome
    }
  }

  #abandon(ground: Ground): void {
    if (this.#abandoned.has(ground)) return
    this.#abandoned.add(ground)
    this.#ground = this.#newGround()
  }

  #newGround(): Promise<Ground> {
    const ground = groundFor(this.#entry, this.#order.engines)
    ground.catch(() => undefined)
    this.#grounds.push(ground)
    return ground
  }
}

/** Unhandled rejections would end the process of an application. */
function strayResult(strays: readonly unknown[]): CaseResult {
  const [first] = strays
  const about = {
    suite: 'whole run',
    name: 'every failure is in a call that is awaited',
    property: 'An error is thrown only by the call that it belongs to.',
    durationMs: 0,
  }
  if (strays.length === 0) return { ...about, kind: 'passed' }
  return {
    ...about,
    kind: 'failed',
    reason: `${strays.length} promises were rejected without being awaited; the first: ${reasonOf(first)}`,
    stack: first instanceof Error ? first.stack : undefined,
    isThrown: true,
    isStuck: false,
    error: first,
  }
}

function verdictOf(cases: readonly CaseResult[]): ConformanceReport['verdict'] {
  if (cases.some(({ kind }) => kind === 'failed')) return 'failed'
  const isComplete =
    cases.every(({ kind }) => kind !== 'not-run') &&
    cases.some(({ suite, kind }) => kind === 'passed' && suite !== 'whole run')
  return isComplete ? 'passed' : 'not-proven'
}

/** Limits of this report, so that it is not taken for more. */
function notChecked(entry: StrategyEntry, cases: readonly CaseResult[]): readonly string[] {
  const inProcess = entry.engines.length === 0
  const because = Map.groupBy(
    cases.flatMap((each) => (each.kind === 'not-applicable' || each.kind === 'not-run' ? [each] : [])),
    ({ kind, why }) => `${kind === 'not-run' ? 'Not run' : 'Not applicable'}, because ${why}`,
  )
  return [
    entry.ledger === undefined
      ? 'What is stored was not read: the strategy names no ledger and no witness, so only its answers were checked.'
      : 'What is stored was not read: these cases check answers alone; compare and explore read the ledger.',
    'No faults: no cut connection, no paused client, no engine that dies or loses acknowledged writes.',
    'No history was judged: compare runs workloads with many more callers, and explore runs every interleaving of a few.',
    ...(inProcess
      ? ['No second instance: the strategy uses no engine, so two processes could share nothing.']
      : []),
    ...[...because].map(([why, all]) => `${why}: ${all.map(({ name }) => `"${name}"`).join(', ')}.`),
  ]
}
