/** Runs cases on a strategy, each with newly opened connections and a deadline. Every case has a result. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { EngineError } from '../engines/engine-error.ts'
import type { Engines } from '../engines/open.ts'
import { reasonOf } from '../errors.ts'
import type { Ground } from '../ground/ground.ts'
import { prepareGround } from '../ground/ground.ts'
import { ConformanceError, NotApplicableError } from './expectation.ts'
import { type Case, resource, type Subject } from './subject.ts'

const POOL_SIZE = 16
/** Cases take up to a few seconds; this ends those that would never end. */
export const CASE_DEADLINE_MS = 60_000
/** For a strategy to close after a case. */
const CLOSE_MS_MAX = 5_000

/** The result of one case. */
export type CaseOutcome =
  | { readonly kind: 'passed' }
  | {
      readonly kind: 'failed'
      /** One sentence. */
      readonly reason: string
      readonly stack: string | undefined
      /** Whether the strategy threw an error instead of answering. */
      readonly isThrown: boolean
      /** Whether its deadline ended it, so that calls may still be in flight. */
      readonly isStuck: boolean
      readonly error: unknown
    }
  | { readonly kind: 'not-applicable'; readonly why: string }
  | { readonly kind: 'not-run'; readonly why: string }

/** A new namespace for the cases of one strategy, in which the strategy has created its tables. */
export async function groundFor(entry: StrategyEntry, engines: Engines): Promise<Ground> {
  const ground = await prepareGround(entry, engines, POOL_SIZE)
  try {
    // Creates the tables now, so that concurrent cases find them.
    if (entry.engines.length > 0)
      await withSubject(entry, ground, async (subject) => {
        await resource(subject, 1)
      })
    await ground.refuseStrays()
    return ground
  } catch (error) {
    await ground.dispose()
    throw error
  }
}

/** Runs one case on the shared ground, or on its own if it must be alone. Never throws. */
export async function runCase(
  each: Case,
  on: {
    readonly entry: StrategyEntry
    readonly engines: Engines
    readonly shared: Ground
    readonly deadlineMs?: number
  },
): Promise<CaseOutcome> {
  const { entry, engines, shared, deadlineMs = CASE_DEADLINE_MS } = on
  if (each.appliesTo?.when(entry) === false) return { kind: 'not-applicable', why: each.appliesTo.otherwise }
  let own: Ground | undefined
  try {
    own = each.alone === true ? await groundFor(entry, engines) : undefined
    await inTime(withSubject(entry, own ?? shared, each.run), deadlineMs)
    return { kind: 'passed' }
  } catch (error) {
    if (error instanceof EngineError) return { kind: 'not-run', why: reasonOf(error) }
    if (error instanceof NotApplicableError) return { kind: 'not-applicable', why: error.message }
    return failureOf(error)
  } finally {
    await own?.dispose().catch(() => undefined)
  }
}

class StuckError extends ConformanceError {}

function failureOf(error: unknown): CaseOutcome {
  const said = error instanceof Error ? error.message : String(error)
  return {
    kind: 'failed',
    reason: error instanceof ConformanceError ? said : `it threw: ${reasonOf(error)}`,
    stack: error instanceof Error ? error.stack : undefined,
    isThrown: !(error instanceof ConformanceError),
    isStuck: error instanceof StuckError,
    error,
  }
}

/** Opens a strategy twice on one ground for `use`, and closes both. */
async function withSubject(
  entry: StrategyEntry,
  ground: Ground,
  use: (subject: Subject) => Promise<void>,
): Promise<void> {
  const settings = { criticalSection: () => subject.criticalSection(), random: Math.random }
  const strategy = await entry.open(ground.connections, settings)
  // Without an engine, a second instance would share nothing.
  const other = entry.engines.length === 0 ? strategy : await entry.open(ground.connections, settings)
  const subject: Subject = { entry, strategy, other, ground, criticalSection: async () => {} }
  try {
    await use(subject)
  } finally {
    await Promise.all([...new Set([strategy, other])].map(closed))
  }
}

/** Abandons a strategy that does not close in time. */
async function closed(strategy: ReservationStrategy): Promise<void> {
  await inTime(strategy.close(), CLOSE_MS_MAX)
}

async function inTime(work: Promise<void>, deadlineMs: number): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new StuckError(`it did not end within ${deadlineMs / 1_000} s`)),
    deadlineMs,
  )
  try {
    await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}
