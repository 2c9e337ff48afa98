/** Runs one load against one strategy: starts a service, runs k6 against it, and judges the result. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { StrategyEntry } from '../../strategies/registry.ts'
import { TTL_MS_MAX, UNITS_MAX } from '../../strategies/validation.ts'
import type { Engines } from '../engines/open.ts'
import type { Trial } from '../results/trial.ts'
import { openService } from '../service/running-service.ts'
import { UNLIMITED } from '../service/settings.ts'
import { venueFor } from '../service/venue.ts'
import { readClockNowAndThen } from '../trial/clock-reader.ts'
import { networkBegins, networkEnded } from '../trial/trial-network.ts'
import { CpuReadings } from './cpu-readings.ts'
import type { K6Program } from './k6-program.ts'
import { trialsOf, workloadName } from './load-trial.ts'
import { judgeLoad, loadStart } from './load-verdict.ts'
import type { PlannedLoad } from './profiles.ts'
import { type LoadEnd, runK6 } from './run-k6.ts'
import { type LoadSummary, mergedSummary } from './summary.ts'

/** The load generator is on this machine, and by default its requests are not to be refused. */
const IN_FLIGHT_MAX = 2_000
const LOOPBACK = '127.0.0.1'

export interface LoadOneOrder {
  readonly entry: StrategyEntry
  readonly engines: Engines
  readonly k6: K6Program
  readonly planned: PlannedLoad
  readonly workers: number
  /** Processes of k6, each with its share of the load. */
  readonly generators: number
  readonly poolSize: number
  readonly criticalSectionMs: number
  readonly networkLatencyMs?: number
  readonly mapAgeMsMax: number
  readonly signal: AbortSignal
}

export type LoadedOne =
  | { readonly kind: 'ended'; readonly trials: readonly Trial[]; readonly breached: readonly string[] }
  | { readonly kind: 'failed'; readonly why: string; readonly remedy?: string; readonly code?: string }

export async function loadOne(order: LoadOneOrder): Promise<LoadedOne> {
  const { entry, planned, workers, poolSize, criticalSectionMs, networkLatencyMs, mapAgeMsMax } = order
  await using service = await openService({
    entry,
    engines: order.engines,
    venue: await venueFor(planned.profile.venue),
    poolSize,
    criticalSectionMs,
    ...(networkLatencyMs !== undefined && { networkLatencyMs }),
    settings: {
      ...UNLIMITED,
      inFlightMax: Math.max(IN_FLIGHT_MAX, 2 * planned.vus),
      mapAgeMsMax,
      ttlMsMax: TTL_MS_MAX,
      unitsMax: UNITS_MAX,
      allowedHosts: [],
      hasOwnerSecrets: false,
      hasAudit: true,
    },
    workers,
    // k6 counts and reports what was not answered.
    logLevel: 'silent',
    logSink: process.stderr,
  })
  const { address: baseUrl } = await service.listen(LOOPBACK, 0)
  await using folder = await temporaryFolder()
  const start = await loadStart(service)
  const clockReader = readClockNowAndThen(service.ground)
  await networkBegins(service.ground, networkLatencyMs)
  // Of a service in this process: that of workers is not told apart from what else this process started.
  using cpu = planned.profile.isSpike && workers === 1 ? new CpuReadings(order.k6.path) : undefined
  const end = await generated(order, { folder: folder.path, baseUrl }).finally(() => clockReader.stop())
  if (end.kind === 'failed') return end
  const { summary, tallies } = end
  const network = await networkEnded(service.ground, networkLatencyMs)
  const { batches, ...meter } = await service.figures()
  const profile = planned.profile.name
  const judgement = await judgeLoad({
    entry,
    service,
    workers,
    workload: workloadName(profile, undefined, { workers, generators: order.generators }),
    start,
    readings: clockReader.readings,
    tallies,
    summary,
  })
  const trials = trialsOf(summary, planned.steps, {
    entry,
    judgement,
    profile,
    workers,
    generators: order.generators,
    vus: planned.vus,
    loadMs: planned.stepMs,
    criticalSectionMs,
    network,
    meter,
    batches,
    cpuBetween: (fromMs, untilMs) => cpu?.between(fromMs, untilMs),
  })
  return { kind: 'ended', trials, breached: summary.breached }
}

type Generated =
  | { readonly kind: 'ended'; readonly summary: LoadSummary; readonly tallies: readonly string[] }
  | { readonly kind: 'failed'; readonly why: string }

/** All generators at once, at one service. If one fails, the others are ended. */
async function generated(
  { entry, k6, planned, generators, signal }: LoadOneOrder,
  { folder, baseUrl }: { readonly folder: string; readonly baseUrl: string },
): Promise<Generated> {
  const failing = new AbortController()
  const run = async (at: number): Promise<LoadEnd> => {
    const own = path.join(folder, String(at))
    await mkdir(own)
    const end = await runK6({
      folder: own,
      k6,
      baseUrl,
      strategy: entry.name,
      profile: planned.profile.name,
      settings: planned.settings,
      loadMs: planned.loadMs,
      signal: AbortSignal.any([signal, failing.signal]),
      ...(generators > 1 && { segment: { index: at + 1, of: generators } }),
    })
    if (end.kind === 'failed') failing.abort(new Error(end.why))
    return end
  }
  const settled = await Promise.allSettled(Array.from({ length: generators }, (_, at) => run(at)))
  const ends = settled.flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
  const failed = ends.find((end) => end.kind === 'failed')
  if (failed !== undefined) return failed
  for (const each of settled) if (each.status === 'rejected') throw each.reason
  const [first, ...others] = ends.flatMap((end) => (end.kind === 'ended' ? end : []))
  if (first === undefined) throw new Error('no generator was started')
  return {
    kind: 'ended',
    summary: mergedSummary([first.summary, ...others.map(({ summary }) => summary)]),
    tallies: [first, ...others].map(({ tally }) => tally),
  }
}

/** For k6 to write into; removed with all that is in it. */
async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-k6-'))
  return {
    path: folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
