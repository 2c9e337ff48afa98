/**
 * Puts cases to a strategy: each with a strategy opened for it, fresh names, and a deadline. Every case has a
 * result.
 */
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
/** Cases take seconds where they wait for a deadline; this ends what will never end by itself. */
export const CASE_DEADLINE_MS = 60_000
/** For a strategy to end what it began, after a case. */
const CLOSE_MS_MAX = 5_000

/** What became of one case. */
export type CaseOutcome =
  | { readonly kind: 'passed' }
  | {
      readonly kind: 'failed'
      /** One sentence. */
      readonly reason: string
      readonly stack: string | undefined
      /** Whether the strategy threw it, where the case expected an answer. */
      readonly isThrown: boolean
      /** Whether its deadline ended it: calls may still be in flight on its ground. */
      readonly isStuck: boolean
      readonly error: unknown
    }
  | { readonly kind: 'not-applicable'; readonly why: string }
  | { readonly kind: 'not-run'; readonly why: string }

/** Fresh tables and keys for one strategy's cases, on which it has made what it needs. */
export async function groundFor(entry: StrategyEntry, engines: Engines): Promise<Ground> {
  const ground = await prepareGround(entry, engines, POOL_SIZE)
  try {
    // Tables are made once, by one caller; cases that make resources at the same time find them there.
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

/**
 * Tries one case on the strategy's shared ground, or on one of its own where it must be alone. Never throws.
 */
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

/** Opens a strategy twice on one ground and lets `use` have it. */
async function withSubject(
  entry: StrategyEntry,
  ground: Ground,
  use: (subject: Subject) => Promise<void>,
): Promise<void> {
  const settings = { criticalSection: () => subject.criticalSection(), random: Math.random }
  const strategy = await entry.open(ground.connections, settings)
  // What lives in this process alone has no second process that could share its resources.
  const other = entry.engines.length === 0 ? strategy : await entry.open(ground.connections, settings)
  const subject: Subject = { entry, strategy, other, ground, criticalSection: async () => {} }
  try {
    await use(subject)
  } finally {
    await Promise.all([...new Set([strategy, other])].map(closed))
  }
}

/** A strategy that does not end is left behind: what it did not do is told by the cases. */
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
