/**
 * What a strategy survives, from the cells of a run of faults: for verdict tables and decisions. A declared
 * promise is not asked.
 */
import type { FaultOutcome, FaultService } from '../../strategies/strategy.ts'
import type { FaultCell } from './faults.ts'
import type { Results } from './results.ts'
import type { Survives } from './strategies.ts'

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
  /**
   * Whether every run came out as it was predicted. Where harm is predicted, one run of thirty may be spared.
   */
  readonly asPredicted: boolean
  /**
   * The longest time until goodput was back, milliseconds; `never` if it was not in one of the runs that
   * waited for it, `not-asked` if none did.
   */
  readonly recoveredMsMax: number | 'never' | 'not-asked'
  /**
   * With so many runs that all came out alike, the chance of another outcome in one more run is at most this,
   * with a confidence of 95 %; 1 if they did not.
   */
  readonly otherwiseMax: number
}

/** The gravest first. */
const GRAVITY: readonly FaultOutcome[] = ['oversells', 'loses-sales', 'undersells', 'breaks-promises', 'safe']
const DOUBT = 0.05
/** Luck may spare one in so many runs of a fault that does harm. */
const SPARED_ONE_OF = 30

/** In the order of the cells. */
export function survivals(cells: readonly FaultCell[]): readonly Survival[] {
  return [...Map.groupBy(cells, ({ fault, strategy }) => JSON.stringify([fault, strategy])).values()].flatMap(
    (all) => {
      const [first] = all
      return first === undefined ? [] : [survivalOf(first, all)]
    },
  )
}

/**
 * What these cells say of a strategy; undefined if they say nothing. What is unknown does not count, and
 * neither do servers that were set to lose what they acknowledge, for which nobody promises anything.
 */
export function survivesOf(
  cells: readonly FaultCell[],
  strategy: string,
  commit?: string,
): Survives | undefined {
  const counting = cells.filter((cell) => cell.strategy === strategy && cell.isUnpromised !== true)
  const known = survivals(counting).filter(({ outcome }) => outcome !== 'unknown')
  if (known.length === 0) return undefined
  return {
    faults: known.length,
    fell: known.filter(({ outcome }) => outcome !== 'safe').map(({ title }) => title),
    runs: Math.min(...known.map(({ runs }) => runs)),
    ...(commit !== undefined && { commit }),
  }
}

/** The same results, in which each strategy has what the published table says of it. */
export function withSurvival(results: Results, published: Pick<Results, 'faults' | 'commit'>): Results {
  const { faults = [], commit } = published
  if (results.strategies === undefined || faults.length === 0) return results
  const strategies = results.strategies.map((each) => {
    const survives = survivesOf(faults, each.name, commit)
    return survives === undefined ? each : { ...each, survives }
  })
  return { ...results, strategies }
}

/**
 * What so many runs without another outcome leave open: `0 of 30: below 9.5 % at 95 %`. Empty for runs that
 * were convicted, whose history is the proof, and for those that did not come out alike.
 */
export function boundOf({ outcome, runs, agreeing, otherwiseMax }: Survival): string {
  if (outcome !== 'safe' || agreeing < runs) return ''
  const percent = 100 * otherwiseMax
  return `0 of ${runs}: below ${percent < 10 ? percent.toFixed(1) : Math.round(percent)} % at ${100 - 100 * DOUBT} %`
}

function survivalOf({ fault, title, strategy, predicted }: FaultCell, all: readonly FaultCell[]): Survival {
  const isKnown = all.every((each) => each.outcome !== undefined)
  const gravest = GRAVITY.find((outcome) => all.some((each) => each.outcome === outcome))
  const outcome = isKnown || (gravest ?? 'safe') !== 'safe' ? (gravest ?? 'unknown') : 'unknown'
  const services = new Set(all.map((each) => each.service))
  const agreeing = all.filter((each) => (each.outcome ?? 'unknown') === outcome).length
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
    asPredicted: isAsPredicted(all),
    recoveredMsMax: recoveredIn(all),
    otherwiseMax: agreeing === all.length ? 1 - DOUBT ** (1 / all.length) : 1,
  }
}

function recoveredIn(runs: readonly FaultCell[]): Survival['recoveredMsMax'] {
  const asked = runs.filter(({ isForOutcomeAlone }) => isForOutcomeAlone !== true)
  if (asked.length === 0) return 'not-asked'
  if (asked.some(({ recoveredMs }) => recoveredMs === undefined)) return 'never'
  return Math.max(...asked.map(({ recoveredMs = 0 }) => recoveredMs))
}

function isAsPredicted(runs: readonly FaultCell[]): boolean {
  const others = runs.filter(({ asPredicted }) => !asPredicted)
  return others.every(isSpared) && others.length * SPARED_ONE_OF <= runs.length
}

/** Whether harm was predicted of this run, and it came out safe. */
export function isSpared({ outcome, predicted }: FaultCell): boolean {
  return outcome === 'safe' && predicted.outcome !== 'safe'
}
