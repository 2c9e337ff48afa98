/** What every fault is predicted to do to every strategy, before anything is run. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { EngineKind } from '../engines/engine.ts'
import type { FaultPrediction } from '../results/faults.ts'
import type { FaultKind, FaultSubject } from './fault.ts'

export type Predicted =
  | { readonly kind: 'predicted'; readonly subject: FaultSubject; readonly prediction: FaultPrediction }
  /** `why`: a clause. */
  | { readonly kind: 'not-applicable'; readonly why: string }

/** From the promises; an exception in the strategy's line of the registry replaces what it names. */
export function predicted(fault: FaultKind, entry: StrategyEntry, kinds: readonly EngineKind[]): Predicted {
  const subject = subjectOf(entry, kinds)
  if (subject === undefined) return { kind: 'not-applicable', why: 'it uses no engine' }
  if (entry.promises.safe === 'never')
    return { kind: 'not-applicable', why: 'it oversells without any fault' }
  const why = fault.appliesTo(subject)
  if (why !== undefined) return { kind: 'not-applicable', why }
  const prediction = { ...fault.predict(subject), ...entry.faults?.[fault.name] }
  return { kind: 'predicted', subject, prediction }
}

function subjectOf(entry: StrategyEntry, kinds: readonly EngineKind[]): FaultSubject | undefined {
  const own = kinds.filter(({ name }) => entry.engines.includes(name))
  const record = own.find(({ name }) => name === entry.promises.clock)
  if (record === undefined || own.length < entry.engines.length) return undefined
  return { entry, record, helpers: own.filter((kind) => kind !== record) }
}
