/**
 * One cell: one fault, one strategy, one seed. Buyers buy; when enough was granted, the fault strikes and is
 * healed; when goodput is as before, or the limit has passed, everything is asked for once more. Then comes
 * what ends every trial: the audit at rest, and the checker.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../clock.ts'
import type { Engines } from '../engines/open.ts'
import type { Ground } from '../ground/ground.ts'
import type { HistoryRecord } from '../history/record.ts'
import type { ClientProcess } from '../processes/client-process.ts'
import type { FaultCell, FaultPrediction } from '../results/faults.ts'
import type { Trial } from '../results/trial.ts'
import { runTrial } from '../trial/trial.ts'
import { Random } from '../workloads/random.ts'
import { openClients } from './clients.ts'
import type { FaultKind, FaultSubject } from './fault.ts'
import {
  COMPARED_MS,
  differences,
  type FaultMoments,
  ghostsIn,
  goodput,
  lostSalesIn,
  outcomeOf,
  recoveredAfter,
  serviceOf,
  unknownIn,
  WINDOW_MS,
} from './found.ts'
import { preparedFor } from './prepared.ts'
import { type FaultSale, SALE_CALLERS, saleOf, TIER } from './sale.ts'
import { stageOf } from './stage.ts'
import { type FaultWatch, watched } from './watch.ts'

export interface FaultCellOrder {
  readonly fault: FaultKind
  readonly subject: FaultSubject
  readonly prediction: FaultPrediction
  readonly seed: number
  /** Whether goodput is not waited for, neither before the fault nor after it. */
  readonly isForOutcomeAlone?: boolean
  readonly engines: Engines
  readonly signal: AbortSignal
}

export interface FaultCellResult {
  readonly cell: FaultCell
  readonly history: readonly HistoryRecord[]
}

/** Before the fault: as many holds, and as long, that goodput can be compared. */
const BEFORE_HOLDS = 40
const BEFORE_MS = COMPARED_MS
/** Where only the outcome is asked for: until service in the fault can be told, and after the healing. */
const OUTCOME_BEFORE_MS = 500
const OUTCOME_AFTER_MS = 500
/** For a strategy that grants so few. */
const BEFORE_MS_MAX = 8_000
/** Shorter than the limits of the clients, longer than most faults. */
export const PATIENCE_MS = 3_000
/** For calls for the tier to be answered. */
const TIER_MS_MAX = 3_000
const POLL_MS = 10
export const POOL_SIZE = 16

export async function runFaultCell(order: FaultCellOrder): Promise<FaultCellResult> {
  const { fault, subject, seed, engines, signal } = order
  const startedMs = monotonicMs()
  await using _prepared = await preparedFor(fault, subject, engines)
  const watch = watched(subject.entry)
  const sale = saleOf()
  let left: readonly string[] = []
  let happened:
    | {
        readonly struck: string | undefined
        readonly moments: FaultMoments
        readonly backMs: number | undefined
      }
    | undefined
  const { trial, history: records } = await runTrial(watch.entry, engines, {
    workload: sale.workload,
    concurrency: SALE_CALLERS,
    durationMs: 0,
    warmupMs: 0,
    repeat: 1,
    seed,
    poolSize: fault.needs.poolSize ?? POOL_SIZE,
    criticalSectionMs: 0,
    networkLatencyMs: 0,
    callTimeoutMs: fault.needs.patienceMs ?? PATIENCE_MS,
    clockIsStepped: fault.needs.stepsClock ?? false,
    signal,
    async atRest({ namespaces }) {
      const perEngine = [...namespaces.values()].map(async (each) => (await each.leftBehind?.()) ?? [])
      left = (await Promise.all(perEngine)).flat()
    },
    async meanwhile(ground) {
      try {
        happened = await strike(order, { watch, sale, ground })
      } finally {
        sale.close()
      }
    },
  })
  if (happened === undefined) throw new Error('the trial ended before the fault')
  const { struck, moments, backMs } = happened
  const history = [...records]
  const cell = cellOf(order, { trial, history, watch, struck, moments, backMs, left })
  return { cell: { ...cell, elapsedMs: monotonicMs() - startedMs }, history }
}

/** The course of the fault, while the buyers buy. */
async function strike(
  order: FaultCellOrder,
  { watch, sale, ground }: { readonly watch: FaultWatch; readonly sale: FaultSale; readonly ground: Ground },
) {
  const { fault, subject, seed } = order
  await using clients = await openClients({ fault, subject, seed, ground })
  watch.through(clients.all)
  try {
    return await struckBy(order, { watch, sale, ground, clients: clients.all })
  } finally {
    // What is asked for once more is asked of this process.
    watch.through([])
  }
}

async function struckBy(
  { fault, subject, seed, isForOutcomeAlone = false, engines, signal }: FaultCellOrder,
  {
    watch,
    sale,
    ground,
    clients,
  }: {
    readonly watch: FaultWatch
    readonly sale: FaultSale
    readonly ground: Ground
    readonly clients: readonly ClientProcess[]
  },
) {
  const beganMs = monotonicMs()
  const beforeMs = isForOutcomeAlone ? OUTCOME_BEFORE_MS : BEFORE_MS
  const isWarm = (): boolean => watch.granted() >= BEFORE_HOLDS && monotonicMs() - beganMs >= beforeMs
  while (!isWarm() && monotonicMs() - beganMs < BEFORE_MS_MAX) await delay(POLL_MS, undefined, { signal })
  const random = new Random(seed, 'fault', fault.name)
  if (fault.needs.seatsOnly) {
    sale.onlySeats()
    const endMs = monotonicMs() + TIER_MS_MAX
    while (watch.underWay(TIER) > 0 && monotonicMs() < endMs) await delay(POLL_MS, undefined, { signal })
  }
  // Not always at the same moment of a buyer's.
  await delay(random.below(WINDOW_MS), undefined, { signal })

  const struckMs = monotonicMs()
  const struck = await fault.strike(
    stageOf(subject, { ground, engines, watch, buyers: sale, clients, random, signal }),
  )
  const healedMs = monotonicMs()
  const until = (atMs: number) => delay(Math.max(0, atMs - monotonicMs()), undefined, { signal })
  const backMs = isForOutcomeAlone
    ? void (await until(healedMs + OUTCOME_AFTER_MS))
    : await recoveredAfter(watch, { beganMs, struckMs, healedMs }, until)
  return { struck, backMs, moments: { beganMs, struckMs, healedMs, endedMs: monotonicMs() } }
}

function cellOf(
  { fault, subject, prediction, seed, isForOutcomeAlone }: FaultCellOrder,
  played: {
    readonly trial: Trial
    readonly history: readonly HistoryRecord[]
    readonly watch: FaultWatch
    readonly struck: string | undefined
    readonly moments: FaultMoments
    readonly backMs: number | undefined
    readonly left: readonly string[]
  },
): FaultCell {
  const { trial, history, watch, struck, moments, backMs, left } = played
  const lostSales = lostSalesIn(history)
  const judged = outcomeOf(trial, lostSales)
  // What did not strike shows nothing, whatever came out; a conviction is kept to be read.
  const outcome = struck === undefined ? undefined : judged
  const service = serviceOf(watch, moments)
  const found = {
    ...(outcome !== undefined && { outcome }),
    ...(service !== undefined && { service }),
    ...(isForOutcomeAlone === true && { isForOutcomeAlone }),
    ...(backMs !== undefined && { recoveredMs: backMs }),
  }
  const reasons =
    struck === undefined
      ? [`not struck: ${fault.strikesIf} was not seen`]
      : outcome === undefined
        ? trial.verdictReasons
        : [...differences(prediction, found), ...left.map((each) => `left behind: ${each}`)]
  return {
    fault: fault.name,
    title: fault.title,
    strategy: subject.entry.name,
    seed,
    predicted: prediction,
    ...(struck !== undefined && { struck }),
    ...found,
    lastedMs: moments.healedMs - moments.struckMs,
    elapsedMs: 0,
    goodputPerSecond: goodput(watch, moments),
    unknown: unknownIn(history),
    ghosts: ghostsIn(history),
    lostSales,
    oversoldUnits: trial.oversoldUnits,
    overReservedUnits: trial.overReservedUnits,
    leftBehind: [...left, ...leftBehindIn(history)],
    asPredicted: outcome !== undefined && reasons.length === 0,
    reasons,
    ...(fault.isUnpromised && { isUnpromised: true }),
    ...(trial.conviction !== undefined && { conviction: firstLines(trial.conviction) }),
    ...(trial.race !== undefined && { race: trial.race }),
  }
}

/** A conviction may name hundreds of seats; `holdfast check` on the history prints all of them. */
const CONVICTION_LINES_MAX = 60

function firstLines(text: string): string {
  const lines = text.split('\n')
  return lines.length > CONVICTION_LINES_MAX ? `${lines.slice(0, CONVICTION_LINES_MAX).join('\n')}\n…` : text
}

/** What the audit complains about, and units that nobody can get. */
function leftBehindIn(history: readonly HistoryRecord[]): readonly string[] {
  return history.flatMap((record) =>
    record.type === 'audit'
      ? [
          ...record.complaints,
          ...record.probes.flatMap(({ resourceId, unitsExpected, unitsHeld }) =>
            unitsHeld < unitsExpected ? [`${unitsExpected} units of ${resourceId} cannot be held`] : [],
          ),
        ]
      : [],
  )
}
