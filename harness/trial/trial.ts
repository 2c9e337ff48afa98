/**
 * One trial: one strategy, one workload, one number of callers, once. It uses new tables, warms up on
 * separate resources, runs the workload, waits until no call is in flight, audits the store, and judges the
 * records.
 */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { Resource } from '../../strategies/strategy.ts'
import { type Audited, audit } from '../audit/audit.ts'
import type { Engines } from '../engines/open.ts'
import { whyNotShareable } from '../entries/shareable.ts'
import { prepareGround } from '../ground/ground.ts'
import { keptOn } from '../ground/kept.ts'
import type { HistoryHeader, HistoryRecord, HoldOperation, Operation } from '../history/record.ts'
import { criticalSectionOf } from '../performance/critical-section.ts'
import { type Performance, WARMUP_PREFIX, warmupPlanOf } from '../performance/performance.ts'
import type { Trial } from '../results/trial.ts'
import { Random } from '../workloads/random.ts'
import { repeatedAcknowledged } from './acknowledged.ts'
import { readClockNowAndThen } from './clock-reader.ts'
import { clockSince, steppedMeanwhile } from './clock-since.ts'
import { dueInMs, waited } from './due-holds.ts'
import { historyOf, operationsOf, verdictOn } from './judgement.ts'
import { type Opened, type PreparedTrial, playersOf } from './players.ts'
import { cpuSince, serversCpuMs } from './servers-cpu.ts'
import { processesOf, SETTLE_MS_MAX, type TrialSettings } from './settings.ts'
import { summedUp } from './sum-up.ts'
import { networkBegins, networkEnded } from './trial-network.ts'

export type { TrialSettings } from './settings.ts'

export interface TrialResult {
  readonly trial: Trial
  /** Can be iterated again and again. */
  readonly history: Iterable<HistoryRecord>
}

/** The probes of an audit come one after another. */
const AUDIT_POOL = 4

/** Rejects if the trial could not be carried out; any answer of a strategy, however wrong, is a result. */
export async function runTrial(
  entry: StrategyEntry,
  engines: Engines,
  settings: TrialSettings,
): Promise<TrialResult> {
  settings.signal?.throwIfAborted()
  const { seed, criticalSectionMs, poolSize, networkLatencyMs: latencyMs } = settings
  const processes = processesOf(settings)
  const why = processes > 1 ? whyNotShareable(entry) : undefined
  if (why !== undefined) throw new RangeError(why)
  // The other processes have their own pools; this process then only prepares and audits.
  const ground = await prepareGround(
    entry,
    engines,
    processes > 1 ? Math.min(poolSize, AUDIT_POOL) : poolSize,
    latencyMs === undefined ? undefined : { latencyMs },
  )
  try {
    const random = new Random(seed, 'strategy', entry.name)
    const batched: number[] = []
    const criticalSection = criticalSectionOf(criticalSectionMs)
    const strategy = await entry.open(ground.connections, {
      criticalSection: criticalSection.within,
      onBatch: (callers) => batched.push(callers),
      random: () => random.float(),
    })
    try {
      return await carriedOut(entry, { ground, strategy, observed: { batched, criticalSection } }, settings)
    } finally {
      await strategy.close()
    }
  } finally {
    await ground.dispose()
  }
}

/** The course of one trial. */
async function carriedOut(
  entry: StrategyEntry,
  opened: Opened,
  settings: TrialSettings,
): Promise<TrialResult> {
  const { ground } = opened
  const { settleMsMax = SETTLE_MS_MAX, signal } = settings
  const prepared = await prepare(entry, opened, settings)
  await using players = await playersOf(entry, opened, prepared, settings)
  if (prepared.warmup !== undefined) await players.warmUp()
  await ground.refuseStrays()
  signal?.throwIfAborted()

  await networkBegins(ground, settings.networkLatencyMs)
  const startedAt = new Date().toISOString()
  const clockReader = readClockNowAndThen(ground)
  const serversBeforeMs = serversCpuMs()
  const performance = await withMeanwhile(players.play(), settings.meanwhile?.(ground)).finally(() =>
    clockReader.stop(),
  )
  const serversMs = cpuSince(serversBeforeMs)
  signal?.throwIfAborted()

  const unsettled = await performance.settle(settleMsMax)
  const network = await networkEnded(ground, settings.networkLatencyMs)
  const { clock, lost } = await clockSince(prepared.header.clock, ground)
  const header: HistoryHeader = { ...prepared.header, startedAt, clock }
  const moving = whyNotAtRest(lost, unsettled, performance.lost)
  const audited =
    moving === undefined
      ? await auditedAtRest(entry, opened, { header, performance }, settings)
      : { operations: [], failures: [moving], isStuck: false }
  const after = lost === undefined ? await clockSince(clock, ground) : { clock }
  // What a fault has made an engine lose is what is judged.
  const keeping = settings.meanwhile === undefined ? await keptOn(ground) : []

  const judged: HistoryHeader = {
    ...header,
    clock: settings.clockIsStepped ? steppedMeanwhile(after.clock) : after.clock,
  }
  const { played } = performance
  const history = historyOf(judged, { played, readings: clockReader.readings }, audited)
  const verdict = verdictOn(history, performance, audited, { engineLost: after.lost, keeping })
  return {
    trial: summedUp(entry, settings, {
      header: judged,
      performance,
      audited,
      verdict,
      network,
      serversCpuMs: serversMs,
      crowd: prepared.plan.crowd?.(),
    }),
    history,
  }
}

/** Waits for both, also where one fails. */
async function withMeanwhile<T>(playing: Promise<T>, meanwhile: Promise<void> | undefined): Promise<T> {
  const [played, happened] = await Promise.allSettled([playing, meanwhile])
  if (happened.status === 'rejected') throw happened.reason
  if (played.status === 'rejected') throw played.reason
  return played.value
}

/** Plans the run, creates its resources, and reads the clock before anything else. */
async function prepare(
  entry: StrategyEntry,
  { ground, strategy }: Opened,
  { workload, concurrency, durationMs, warmupMs, seed, arrivalsPerSecond }: TrialSettings,
): Promise<PreparedTrial> {
  const arrivals = arrivalsPerSecond !== undefined && { arrivalsPerSecond }
  const planSettings = { seed, concurrency, durationMs, ...arrivals }
  const plan = workload.plan(planSettings)
  const warmup = warmupMs > 0 ? warmupPlanOf(workload, planSettings) : undefined
  const clock = await ground.readClock()
  await strategy.createResources([...plan.resources, ...(warmup?.resources ?? [])])
  const header: HistoryHeader = {
    type: 'history',
    format: 2,
    strategy: entry.name,
    workload: workload.name,
    seed,
    startedAt: new Date().toISOString(),
    resources: plan.resources,
    clock,
    freesLateMs: entry.promises.freesLateMs,
    refusals: entry.promises.refusals,
  }
  return { plan, warmup, planSettings, header }
}

/** `engineLost`: why the engine is gone; `processesLost`: the processes that ended too early. */
function whyNotAtRest(
  engineLost: string | undefined,
  unsettled: number,
  processesLost: readonly string[],
): string | undefined {
  if (engineLost !== undefined) return `the engine was gone after the run: ${engineLost}`
  if (unsettled > 0) return `${unsettled} calls never ended, so the store could not be read at rest`
  if (processesLost.length > 0)
    return 'their last calls may still be running, so the store could not be read at rest'
  return undefined
}

/** Waits for the holds that fall due soon, then audits. */
async function auditedAtRest(
  entry: StrategyEntry,
  { ground, strategy }: Opened,
  { header, performance }: { readonly header: HistoryHeader; readonly performance: Performance },
  { signal, atRest }: Pick<TrialSettings, 'signal' | 'atRest'>,
): Promise<Audited> {
  const operations = operationsOf(performance)
  await waited(dueInMs(operations, header.clock, header.freesLateMs), signal)
  await atRest?.(ground)
  const audited = await audit({
    strategy,
    ledger: entry.ledger,
    stores: ground.stores,
    leftOpen: () => ground.leftOpen(performance.sessions),
    isAnythingExpiring: () => ground.isAnythingExpiring(),
    resources: byDemand(header.resources, operations),
    holds: [...holdsAskedIn(operations)],
    skip: { prefix: WARMUP_PREFIX },
  })
  if (audited.storeNotRead === undefined) return audited
  const again = await repeatedAcknowledged(entry, ground, operations)
  return {
    ...audited,
    operations: [...audited.operations, ...again.operations],
    failures: [...audited.failures, ...again.failures],
  }
}

function* holdsAskedIn(
  operations: Iterable<Operation>,
): Generator<{ readonly id: HoldOperation['holdId']; readonly lines: HoldOperation['lines'] }> {
  for (const each of operations) if (each.op === 'hold') yield { id: each.holdId, lines: each.lines }
}

/** The most requested first; in listed order among equals. */
function byDemand(resources: readonly Resource[], operations: Iterable<Operation>): readonly Resource[] {
  const wanted = new Map<string, number>()
  for (const operation of operations) {
    if (operation.op !== 'hold') continue
    for (const [id] of operation.lines) wanted.set(id, (wanted.get(id) ?? 0) + 1)
  }
  return resources.toSorted((one, other) => (wanted.get(other.id) ?? 0) - (wanted.get(one.id) ?? 0))
}
