/**
 * One fault in one trial of any workload, for `compare --fault`: it strikes once when holds are being
 * granted, and is healed; then come the audit and the checker, as after every trial. Unlike a cell of the
 * table it has no sale of its own, in which everything is asked for once more: what a strategy survives here,
 * it survives under this workload.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { StrategyEntry } from '../../strategies/registry.ts'
import { monotonicMs } from '../clock.ts'
import type { EngineKind } from '../engines/engine.ts'
import type { Engines } from '../engines/open.ts'
import type { Ground } from '../ground/ground.ts'
import type { Trial } from '../results/trial.ts'
import type { TrialSettings } from '../trial/settings.ts'
import { runTrial, type TrialResult } from '../trial/trial.ts'
import { Random } from '../workloads/random.ts'
import { PATIENCE_MS } from './cell.ts'
import { openClients } from './clients.ts'
import type { BuyersMood, FaultKind, FaultSubject } from './fault.ts'
import { recoveredAfter } from './found.ts'
import { type Predicted, predicted } from './predictions.ts'
import { preparedFor } from './prepared.ts'
import { stageOf } from './stage.ts'
import { type FaultWatch, watched } from './watch.ts'

/** Shorter trials would be over before most faults are healed. */
export const STRUCK_TRIAL_MS_MIN = 3_000
export const STRUCK_TRIAL_MS_DEFAULT = 8_000
/** Before the fault, so that goodput can be compared. */
const BEFORE_MS = 1_000
/** For a workload that grants nothing any more. */
const BEFORE_MS_MAX = 2_000
const POLL_MS = 10

/**
 * They ask buyers to behave otherwise, which only those of `holdfast faults` can; a test compares this list
 * with the sources.
 */
export const NEEDING_THE_SALE: readonly string[] = ['retry-storm', 'sweeper-races']

/** Why a fault cannot be put into another workload, as a sentence; undefined if it can. */
export function whyNotInTrials({ name }: FaultKind): string | undefined {
  return NEEDING_THE_SALE.includes(name)
    ? `${name} needs buyers who behave as it says: run "holdfast faults ${name}" instead`
    : undefined
}

export type StrikePlan = Extract<Predicted, { readonly kind: 'predicted' }>

export interface FaultPlan {
  readonly fault: FaultKind
  /** By the strategy's name. */
  readonly struck: ReadonlyMap<string, StrikePlan>
  /** Whom it cannot happen to, and why, as a clause. */
  readonly notFor: readonly { readonly strategy: string; readonly why: string }[]
}

/** Whom of these strategies the fault can happen to. */
export function faultPlanOf(
  fault: FaultKind,
  entries: readonly StrategyEntry[],
  kinds: readonly EngineKind[],
): FaultPlan {
  const struck = new Map<string, StrikePlan>()
  const notFor: { strategy: string; why: string }[] = []
  for (const entry of entries) {
    const found = predicted(fault, entry, kinds)
    if (found.kind === 'predicted') struck.set(entry.name, found)
    else notFor.push({ strategy: entry.name, why: found.why })
  }
  return { fault, struck, notFor }
}

/** Why the fault cannot be done to the engines that were opened: it ends servers, and these are a user's. */
export function whyNotStrikable(
  { name, needs }: FaultKind,
  { record, helpers }: FaultSubject,
  engines: Engines,
): { readonly why: string; readonly remedy: string } | undefined {
  const ended = needs.kills === 'record' ? [record] : needs.kills === 'helpers' ? helpers : []
  const foreign = ended.find((kind) => engines[kind.name] && engines[kind.name]?.ownServers === undefined)
  return (
    foreign && {
      why: `${name} strikes a server, and ${foreign.title} was not started by this run: it needs an engine of its own`,
      remedy: `unset what names ${foreign.title}, to have it started here`,
    }
  )
}

/** As `runTrial`. The trial says what was struck; one in which nothing was is unknown, or convicted. */
export async function runStruckTrial(
  entry: StrategyEntry,
  engines: Engines,
  settings: TrialSettings,
  { fault, plan }: { readonly fault: FaultKind; readonly plan: StrikePlan },
): Promise<TrialResult> {
  const watch = watched(entry)
  let happened: Happened | undefined
  await using _prepared = await preparedFor(fault, plan.subject, engines)
  const result = await runTrial(watch.entry, engines, {
    ...settings,
    poolSize: fault.needs.poolSize ?? settings.poolSize,
    // Proxies, so that the network can be struck; without latency unless it was asked for.
    networkLatencyMs: settings.networkLatencyMs ?? 0,
    callTimeoutMs: fault.needs.patienceMs ?? PATIENCE_MS,
    clockIsStepped: fault.needs.stepsClock ?? false,
    async meanwhile(ground) {
      happened = await inflicted(fault, plan.subject, { engines, watch, ground, settings })
    },
  })
  if (happened === undefined) throw new Error('the trial ended before the fault')
  return { ...result, trial: await withFault(result.trial, { fault, plan, watch, happened }) }
}

interface Happened {
  readonly struck: string | undefined
  /** Moments of the monotonic clock. */
  readonly beganMs: number
  readonly struckMs: number
  readonly healedMs: number
}

async function inflicted(
  fault: FaultKind,
  subject: FaultSubject,
  {
    engines,
    watch,
    ground,
    settings: { seed, signal = new AbortController().signal },
  }: {
    readonly engines: Engines
    readonly watch: FaultWatch
    readonly ground: Ground
    readonly settings: TrialSettings
  },
): Promise<Happened> {
  const beganMs = monotonicMs()
  await using clients = await openClients({ fault, subject, seed, ground })
  watch.through(clients.all)
  try {
    const elapsed = (): number => monotonicMs() - beganMs
    while (elapsed() < BEFORE_MS || (watch.granted() === 0 && elapsed() < BEFORE_MS_MAX)) {
      await delay(POLL_MS, undefined, { signal })
    }
    const struckMs = monotonicMs()
    const random = new Random(seed, 'fault', fault.name)
    const on = { ground, engines, watch, buyers: UNMOVED, clients: clients.all, random, signal }
    const struck = await fault.strike(stageOf(subject, on))
    return { struck, beganMs, struckMs, healedMs: monotonicMs() }
  } finally {
    // Calls of the audit are of this process.
    watch.through([])
  }
}

/** Buyers of workloads do what their plan says. */
const UNMOVED: BuyersMood = {
  impatient: (copies) => refuseUnlessUsual(copies > 1),
  lastMinute: (isSo) => refuseUnlessUsual(isSo),
}

function refuseUnlessUsual(isUnusual: boolean): void {
  if (isUnusual) throw new Error('only buyers of the sale of `holdfast faults` can behave so')
}

async function withFault(
  trial: Trial,
  {
    fault,
    plan,
    watch,
    happened,
  }: {
    readonly fault: FaultKind
    readonly plan: StrikePlan
    readonly watch: FaultWatch
    readonly happened: Happened
  },
): Promise<Trial> {
  const { struck, beganMs, struckMs, healedMs } = happened
  const recoveredMs = struck === undefined ? undefined : await recoveredAfter(watch, happened)
  const isUnproven = struck === undefined && trial.verdict === 'valid'
  return {
    ...trial,
    fault: {
      name: fault.name,
      title: fault.title,
      predicted: plan.prediction.outcome,
      ...(struck !== undefined && { struck }),
      struckAtMs: struckMs - beganMs,
      healedAtMs: healedMs - beganMs,
      ...(recoveredMs !== undefined && { recoveredMs }),
    },
    ...(isUnproven && {
      verdict: 'unknown' as const,
      verdictReasons: [
        `${fault.name} did not strike, so nothing is proved of it: ${fault.strikesIf} was not seen`,
      ],
    }),
    asPromised: isUnproven ? false : trial.verdict === 'invalid' ? isForeseen(trial, plan) : trial.asPromised,
  }
}

/** A conviction that was predicted breaks no promise: the strategy does not claim to survive this fault. */
function isForeseen({ asPromised }: Trial, { prediction }: StrikePlan): boolean {
  return asPromised || prediction.outcome !== 'safe'
}
