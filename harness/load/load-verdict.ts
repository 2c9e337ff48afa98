/**
 * The verdict on a load. The buyers' operations are a history, which the checker judges with an audit of the
 * store, as in any trial. Overlapping holds are judged by time.
 */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { Resource } from '../../strategies/strategy.ts'
import { type Audited, audit } from '../audit/audit.ts'
import { judgeStream } from '../checker/judge.ts'
import type { Verdict } from '../checker/verdict.ts'
import { keptOn } from '../ground/kept.ts'
import type { ClockRecord, EngineClock, HistoryHeader, HistoryRecord, Operation } from '../history/record.ts'
import type { RunningService } from '../service/running-service.ts'
import { repeatedAcknowledged } from '../trial/acknowledged.ts'
import { clockSince } from '../trial/clock-since.ts'
import { doubted } from '../trial/judgement.ts'
import { asKept } from '../trial/kept.ts'
import type { LoadSummary } from './summary.ts'
import { operationsIn, readWall, scanTally, type WallReading } from './tally-file.ts'

/** What was read before k6 started. */
export interface LoadStart {
  readonly clock: EngineClock
  readonly wall: WallReading
  readonly startedAt: string
}

export interface LoadJudgement {
  readonly verdict: Verdict
  readonly header: HistoryHeader
  readonly storeNotRead?: string
}

export interface LoadEvidence {
  readonly entry: StrategyEntry
  readonly service: Pick<RunningService, 'strategy' | 'ground' | 'onSale'>
  readonly workers: number
  readonly workload: string
  readonly start: LoadStart
  readonly readings: readonly ClockRecord[]
  /** The files that the scripts wrote, one of each generator. */
  readonly tallies: readonly string[]
  readonly summary: LoadSummary
}

type Scan = Awaited<ReturnType<typeof scanTally>> & { readonly tally: string }

export async function loadStart({ ground }: Pick<RunningService, 'ground'>): Promise<LoadStart> {
  return { clock: await ground.readClock(), wall: readWall(), startedAt: new Date().toISOString() }
}

/** Must be called after k6 has ended. */
export async function judgeLoad(evidence: LoadEvidence): Promise<LoadJudgement> {
  const { entry, service, start, summary, tallies, readings } = evidence
  const wall = readWall()
  const scans: Scan[] = []
  for (const tally of tallies) scans.push({ tally, ...(await scanTally(tally, [start.wall, wall])) })
  const runErrorMs = Math.max(0, ...scans.map(({ clock }) => clock.errorMs))
  const { clock, lost } = await clockSince(start.clock, service.ground)
  const header = headerOf(evidence, { ...clock, errorMs: clock.errorMs + runErrorMs })
  const doubts = [
    ...doubtsOf(entry, summary),
    ...scans.flatMap(({ complaints }) => complaints).map((each) => `a script reported: ${each}`),
    ...(lost === undefined ? [] : [`the engine was gone after the load: ${lost}`]),
  ]
  const missing = whyNotWhole(summary, scans)
  const audited: { result?: Audited; buyersHeld?: number } = {}
  const records = async function* (): AsyncGenerator<HistoryRecord> {
    yield header
    const memory = new Memory()
    for (const { tally, clock: runClock } of scans) {
      for await (const operation of operationsIn(tally, runClock)) {
        memory.add(operation)
        yield operation
      }
    }
    audited.buyersHeld = memory.held
    yield* readings
    if (missing !== undefined) throw new Error(missing)
    if (lost !== undefined) return
    audited.result = await auditedAfter(evidence, memory)
    yield* audited.result.operations
    if (audited.result.record !== undefined) yield audited.result.record
  }
  const isStated = entry.ledger !== undefined
  const verdict = await judgeStream(records(), { requireAudit: isStated })
  // The probe's own holds are not a buyer's.
  const idle = audited.buyersHeld === 0 ? ['no buyer was granted a hold, so nothing could be sold twice'] : []
  const failures = [...idle, ...(audited.result?.failures ?? []), ...doubts]
  const { storeNotRead } = audited.result ?? {}
  const keeping = await keptOn(service.ground)
  return {
    verdict: asKept(doubted(withoutAim(verdict, entry), failures, []), keeping),
    header,
    ...(storeNotRead !== undefined && { storeNotRead }),
  }
}

function headerOf({ entry, service, workload, start }: LoadEvidence, clock: EngineClock): HistoryHeader {
  return {
    type: 'history',
    format: 2,
    strategy: entry.name,
    workload,
    seed: 0,
    startedAt: start.startedAt,
    resources: service.onSale,
    clock,
    freesLateMs: entry.promises.freesLateMs,
    refusals: entry.promises.refusals,
  }
}

/** Why operations are missing or their times are unknown. */
function whyNotWhole({ value }: LoadSummary, scans: readonly Scan[]): string | undefined {
  const jumped = scans.find(({ clock }) => clock.jumped !== undefined)?.clock.jumped
  const found = scans.reduce((sum, { operations }) => sum + operations, 0)
  if (jumped !== undefined) return jumped
  const unfinished = value('unfinished')
  if (unfinished > 0) return `${unfinished} buyers had not finished when k6 ended`
  const told = value('tallied')
  return told === found ? undefined : `the buyers reported ${told} operations, and ${found} were found`
}

/** Thresholds about answers that no buyer should get. */
const OF_ANSWERS =
  /^(held|decided|held_twice|false_sold_out|gone|failed_releases|missing_bookings|unexpected|cut_short)[ {]/

/** A violation that the scripts found keeps a load from being valid, even if the history does not show it. */
function doubtsOf({ promises }: StrategyEntry, { breached }: LoadSummary): readonly string[] {
  return breached
    .filter((rule) => OF_ANSWERS.test(rule))
    .filter((rule) => promises.refusals === 'exact' || !rule.startsWith('false_sold_out'))
    .map((rule) => `k6 itself found that this does not hold: ${rule}`)
}

/** A strategy that is declared unsafe was not convicted: the load proves nothing about it. */
function withoutAim(verdict: Verdict, { name, promises }: StrategyEntry): Verdict {
  if (verdict.verdict !== 'valid' || promises.safe !== 'never') return verdict
  const reason = `${name} oversells, and this load did not show it, so it proves nothing.`
  return { ...verdict, verdict: 'unknown', reasons: [reason] }
}

async function auditedAfter(evidence: LoadEvidence, memory: Memory): Promise<Audited> {
  const { entry, service, workers } = evidence
  if (workers > 1 && memory.unknown > 0) {
    const why = `${memory.unknown} calls of unknown outcome may still be running in the workers of the service, so the store could not be read at rest`
    return { operations: [], failures: [why], isStuck: false }
  }
  const audited = await audit({
    strategy: service.strategy,
    ledger: entry.ledger,
    stores: service.ground.stores,
    leftOpen: () => service.ground.leftOpen(),
    resources: memory.byDemand(service.onSale),
    holds: memory.holds,
    skip: { prefix: '' },
  })
  if (audited.storeNotRead === undefined) return audited
  const again = await repeatedAcknowledged(entry, service.ground, memory.endings)
  return {
    ...audited,
    operations: [...audited.operations, ...again.operations],
    failures: [...audited.failures, ...again.failures],
  }
}

/** Collects from the stream of operations what the audit needs. */
class Memory {
  readonly holds: { readonly id: Asked['holdId']; readonly lines: Asked['lines'] }[] = []
  /** Acknowledged confirms and releases, a few of which are sent again. */
  readonly endings: Operation[] = []
  unknown = 0
  held = 0
  readonly #wanted = new Map<string, number>()

  add(operation: Operation): void {
    if (operation.result === 'info') this.unknown++
    if (operation.op === 'hold') {
      if (operation.result === 'ok') this.held++
      this.holds.push({ id: operation.holdId, lines: operation.lines })
      for (const [id] of operation.lines) this.#wanted.set(id, (this.#wanted.get(id) ?? 0) + 1)
    } else if (operation.result === 'ok' && this.endings.length < ENDINGS_MAX) this.endings.push(operation)
  }

  /** The most requested first. */
  byDemand(resources: readonly Resource[]): readonly Resource[] {
    const wanted = (id: string) => this.#wanted.get(id) ?? 0
    return resources.toSorted((one, other) => wanted(other.id) - wanted(one.id))
  }
}

type Asked = Extract<Operation, { op: 'hold' }>
const ENDINGS_MAX = 10_000
