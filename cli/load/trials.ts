/** Load-tests one strategy after another: the control first, then the others. */
import type { OpenedEngines } from '../../harness/engines/open.ts'
import { controlEntry } from '../../harness/entries/control.ts'
import { errorCodeOf } from '../../harness/error-codes.ts'
import { reasonOf } from '../../harness/errors.ts'
import { whyNotTestable } from '../../harness/ground/fit.ts'
import type { K6Program } from '../../harness/load/k6-program.ts'
import { type LoadedOne, loadOne } from '../../harness/load/load-one.ts'
import { type PlannedLoad, PROFILES, plannedLoad } from '../../harness/load/profiles.ts'
import type { Control } from '../../harness/results/control.ts'
import type { NotProven } from '../../harness/results/strategies.ts'
import type { Trial } from '../../harness/results/trial.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { Sink } from '../output.ts'
import type { LoadOrder } from './order.ts'

const CONTROL_PROFILE = 'smoke'

export type LoadOneEntry = (
  entry: StrategyEntry,
  planned: PlannedLoad,
  processes: number,
) => Promise<LoadedOne>

/** Load-tests one strategy with the settings that all of them share. */
export function loaderOf(
  { generators, poolSize, criticalSectionMs, networkLatencyMs, mapAgeMsMax }: LoadOrder,
  opened: OpenedEngines,
  { k6, err, signal }: { readonly k6: K6Program; readonly err: Sink; readonly signal: AbortSignal },
): LoadOneEntry {
  return async (entry, planned, workers) => {
    err.write(
      `${entry.name}: ${planned.profile.name}${workers === 1 ? '' : `, ${workers} workers`}${generators === 1 ? '' : `, ${generators} generators`} …\n`,
    )
    const why = whyNotTestable(entry, opened)
    if (why !== undefined) return { kind: 'failed', ...why }
    const { engines } = opened
    const latency = networkLatencyMs !== undefined && { networkLatencyMs }
    const settings = { planned, workers, generators, poolSize, criticalSectionMs, mapAgeMsMax, ...latency }
    return loadOne({ entry, engines, k6, ...settings, signal })
  }
}

/** A threshold that did not hold. */
export interface BreachedThreshold {
  readonly strategy: string
  readonly rule: string
}

export interface Loaded {
  readonly trials: readonly Trial[]
  readonly breaches: readonly BreachedThreshold[]
  readonly notProven: readonly NotProven[]
}

/** After a failure the strategy is not tried again; what was measured before is kept. */
export async function loaded(
  one: LoadOneEntry,
  { entries, plan, workers }: LoadOrder,
  signal: AbortSignal,
): Promise<Loaded> {
  const trials: Trial[] = []
  const breaches: BreachedThreshold[] = []
  const notProven: NotProven[] = []
  for (const entry of entries) {
    for (const processes of workers) {
      if (signal.aborted) break
      try {
        const ended = await one(entry, plan, processes)
        if (ended.kind === 'failed') {
          const { why, remedy = '', code } = ended
          notProven.push({ strategy: entry.name, why, remedy, ...(code !== undefined && { code }) })
          break
        }
        trials.push(...ended.trials)
        breaches.push(...ended.breached.map((rule) => ({ strategy: entry.name, rule })))
      } catch (error) {
        if (signal.aborted) break
        notProven.push({
          strategy: entry.name,
          why: reasonOf(error),
          remedy: 'HOLDFAST_DEBUG=1 shows where',
          code: errorCodeOf(error),
        })
        break
      }
    }
  }
  return { trials, breaches, notProven }
}

/** Runs the control: a load under which it does not oversell proves nothing about the others. */
export async function controlled(one: LoadOneEntry): Promise<Control> {
  const entry = controlEntry()
  const profile = PROFILES.find(({ name }) => name === CONTROL_PROFILE)
  if (profile === undefined) throw new Error(`there is no profile ${CONTROL_PROFILE}`)
  const about = { strategy: entry.name, workload: `k6/${profile.name}`, rounds: 1, overReservedUnits: 0 }
  const ended = await one(entry, plannedLoad(profile, {}), 1)
  if (ended.kind === 'failed') {
    return {
      ...about,
      caught: false,
      rounds: 0,
      oversoldUnits: 0,
      conviction: `${entry.name} could not be run: ${ended.why}`,
    }
  }
  const [trial] = ended.trials
  const isCaught = trial?.verdict === 'invalid'
  return {
    ...about,
    caught: isCaught,
    oversoldUnits: trial?.oversoldUnits ?? 0,
    overReservedUnits: trial?.overReservedUnits ?? 0,
    conviction: isCaught ? firstViolation(trial) : `${entry.name} was not caught by ${profile.name}`,
  }
}

function firstViolation({ violations, conviction }: Trial): string {
  return (violations[0]?.message ?? conviction ?? '').replace(/\.$/, '')
}
