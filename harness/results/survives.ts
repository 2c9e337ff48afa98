/**
 * What a strategy survives, from the cells of a run of faults: for verdict tables and decisions. A declared
 * promise is not asked.
 */
import type { FaultOutcome, FaultService } from '../../strategies/strategy.ts'
import type { FaultCell } from './faults.ts'

/** All seeds of one fault and one strategy. */
export interface Survival {
  readonly fault: string
  readonly title: string
  readonly strategy: string
  /** `unknown`: in one of the runs nothing could be told. Otherwise the gravest that was found. */
  readonly outcome: FaultOutcome | 'unknown'
  /** Whether it oversells only in promises: two live holds, and never two sales of one unit. */
  readonly isOnlyPromised: boolean
  readonly predicted: FaultOutcome
  /** Undefined if it differs between runs, or the fault is one of an instant. */
  readonly service: FaultService | undefined
  readonly runs: number
  /** Runs with this outcome. */
  readonly agreeing: number
  /** Whether every run came out as it was predicted. */
  readonly asPredicted: boolean
  /** The longest; undefined if one of the runs did not recover. */
  readonly recoveredMsMax: number | undefined
  /**
   * With so many runs that all came out alike, the chance of another outcome in one more run is at most this,
   * with a confidence of 95 %; 1 if they did not.
   */
  readonly otherwiseMax: number
}

/** The gravest first. */
const GRAVITY: readonly FaultOutcome[] = ['oversells', 'loses-sales', 'undersells', 'breaks-promises', 'safe']
const DOUBT = 0.05

/** In the order of the cells. */
export function survivals(cells: readonly FaultCell[]): readonly Survival[] {
  return [...Map.groupBy(cells, ({ fault, strategy }) => JSON.stringify([fault, strategy])).values()].flatMap(
    (all) => {
      const [first] = all
      return first === undefined ? [] : [survivalOf(first, all)]
    },
  )
}

/** Whether nothing that was inflicted on this strategy made it say what is not so; undefined if not tried. */
export function survivesAll(cells: readonly FaultCell[], strategy: string): boolean | undefined {
  const own = survivals(cells).filter((each) => each.strategy === strategy)
  return own.length === 0 ? undefined : own.every(({ outcome }) => outcome === 'safe')
}

function survivalOf({ fault, title, strategy, predicted }: FaultCell, all: readonly FaultCell[]): Survival {
  const isKnown = all.every((each) => each.outcome !== undefined)
  const gravest = GRAVITY.find((outcome) => all.some((each) => each.outcome === outcome))
  const outcome = isKnown || (gravest ?? 'safe') !== 'safe' ? (gravest ?? 'unknown') : 'unknown'
  const services = new Set(all.map((each) => each.service))
  const agreeing = all.filter((each) => each.outcome === outcome).length
  const hasRecovered = all.every(({ recoveredMs }) => recoveredMs !== undefined)
  return {
    fault,
    title,
    strategy,
    outcome,
    isOnlyPromised: outcome === 'oversells' && all.every(({ oversoldUnits }) => oversoldUnits === 0),
    predicted: predicted.outcome,
    service: services.size === 1 ? all[0]?.service : undefined,
    runs: all.length,
    agreeing,
    asPredicted: all.every((each) => each.asPredicted),
    recoveredMsMax: hasRecovered ? Math.max(...all.map(({ recoveredMs = 0 }) => recoveredMs)) : undefined,
    otherwiseMax: agreeing === all.length ? 1 - DOUBT ** (1 / all.length) : 1,
  }
}
