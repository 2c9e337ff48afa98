/** The figures of one trial, computed from its operations. */
import type { HoldOperation, Operation } from '../history/record.ts'
import { TIMELINE_BUCKETS_MAX } from '../results/constants.ts'
import type { Answers, Batches, Percentiles, Timeline } from '../results/figures.ts'
import type { Trial } from '../results/trial.ts'
import { latencyUs } from '../workloads/recorder.ts'
import type { Role } from '../workloads/workload.ts'

/** An operation and the role of its caller. */
export interface PlayedOperation {
  readonly operation: Operation
  readonly role: Role
}

export type Figures = Pick<Trial, 'counts' | 'goodputPerSecond' | 'latencyMs' | 'attemptsPerSuccess'>

/**
 * Counts and reads include all callers. Goodput, attempts and the latencies of hold, confirm and release
 * include only buyers: bystanders meet no contention, and would make any technique look fast.
 */
export function figures(played: Iterable<PlayedOperation>, elapsedMs: number): Figures {
  const counts = {
    held: 0,
    replayed: 0,
    soldOut: 0,
    contended: 0,
    idReused: 0,
    unknown: 0,
    confirmed: 0,
    confirmGone: 0,
    released: 0,
    reads: 0,
  }
  const waitsUs = {
    hold: [] as number[],
    confirm: [] as number[],
    release: [] as number[],
    bystanderHold: [] as number[],
    read: [] as number[],
  }
  const held = new Set<string>()
  let heldByBuyers = 0
  let attempts = 0

  for (const { operation, role } of played) {
    const isBuyer = role === 'buyer'
    if (operation.result === 'info') counts.unknown++
    switch (operation.op) {
      case 'hold': {
        ;(isBuyer ? waitsUs.hold : waitsUs.bystanderHold).push(latencyUs(operation))
        const isReplay = operation.result === 'ok' && held.has(operation.holdId)
        if (operation.result === 'ok') {
          if (isReplay) counts.replayed++
          else {
            held.add(operation.holdId)
            counts.held++
            if (isBuyer) {
              heldByBuyers++
              attempts += operation.attempts
            }
          }
        } else if (operation.result === 'fail') {
          if (operation.why === 'sold-out') counts.soldOut++
          else if (operation.why === 'contended') counts.contended++
          else counts.idReused++
        }
        break
      }
      case 'confirm':
        if (isBuyer) waitsUs.confirm.push(latencyUs(operation))
        if (operation.result === 'ok') counts.confirmed++
        else if (operation.result === 'fail') counts.confirmGone++
        break
      case 'release':
        if (isBuyer) waitsUs.release.push(latencyUs(operation))
        if (operation.result === 'ok') counts.released++
        break
      case 'availability':
        waitsUs.read.push(latencyUs(operation))
        if (operation.result === 'ok') counts.reads++
        break
      default:
        operation satisfies never
    }
  }
  const { confirm, release, bystanderHold, read } = waitsUs
  return {
    counts,
    goodputPerSecond: elapsedMs > 0 ? (heldByBuyers * 1_000) / elapsedMs : 0,
    latencyMs: {
      hold: percentiles(waitsUs.hold),
      ...(confirm.length > 0 && { confirm: percentiles(confirm) }),
      ...(release.length > 0 && { release: percentiles(release) }),
      ...(bystanderHold.length > 0 && { bystanderHold: percentiles(bystanderHold) }),
      ...(read.length > 0 && { read: percentiles(read) }),
    },
    attemptsPerSuccess: heldByBuyers > 0 ? attempts / heldByBuyers : 0,
  }
}

export interface BuyersAnswers {
  readonly answers: Answers
  readonly contendedBecause: readonly { readonly reason: string; readonly count: number }[]
  /** Absent where nobody got that answer. */
  readonly latencyMs: { readonly soldOut?: Percentiles; readonly contended?: Percentiles }
}

/** What the buyers were answered, and how soon those who got nothing knew. */
export function buyersAnswers(played: Iterable<PlayedOperation>): BuyersAnswers {
  const granted = new Set<string>()
  const refusedUs = { soldOut: [] as number[], contended: [] as number[] }
  const reasons = new Map<string, number>()
  let unknown = 0
  for (const { operation, role } of played) {
    if (operation.op !== 'hold' || role !== 'buyer') continue
    if (operation.result === 'ok') granted.add(operation.holdId)
    else if (operation.result === 'info') unknown++
    else if (operation.why === 'sold-out') refusedUs.soldOut.push(latencyUs(operation))
    else if (operation.why === 'contended') {
      refusedUs.contended.push(latencyUs(operation))
      reasons.set(operation.reason, (reasons.get(operation.reason) ?? 0) + 1)
    }
  }
  const { soldOut, contended } = refusedUs
  return {
    answers: { held: granted.size, soldOut: soldOut.length, contended: contended.length, unknown },
    contendedBecause: [...reasons].map(([reason, count]) => ({ reason, count })),
    latencyMs: {
      ...(soldOut.length > 0 && { soldOut: percentiles(soldOut) }),
      ...(contended.length > 0 && { contended: percentiles(contended) }),
    },
  }
}

/** Exact, by nearest rank: of n waits, the p-th percentile is the ⌈n·p⌉-th. All zero without waits. */
export function percentiles(waitsUs: readonly number[]): Percentiles {
  const sorted = Float64Array.from(waitsUs).sort()
  const count = sorted.length
  const at = (share: number): number => (sorted[Math.max(0, Math.ceil(count * share) - 1)] ?? 0) / 1_000
  return {
    count,
    p50: at(0.5),
    p75: at(0.75),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
    max: at(1),
  }
}

/** The buyers' answers over time, without replays; undefined if there are none. */
export function timelineOf(played: Iterable<PlayedOperation>): Timeline | undefined {
  let fromUs = Number.POSITIVE_INFINITY
  let untilUs = 0
  for (const { invokedUs, returnedUs } of buyersHolds(played)) {
    fromUs = Math.min(fromUs, invokedUs)
    untilUs = Math.max(untilUs, returnedUs)
  }
  if (fromUs === Number.POSITIVE_INFINITY) return undefined
  // Whole milliseconds, at least one, and as many as keep the number of buckets within its limit.
  const bucketMs = Math.max(1, Math.ceil((untilUs - fromUs + 1) / 1_000 / TIMELINE_BUCKETS_MAX))
  const buckets = Math.floor((untilUs - fromUs) / 1_000 / bucketMs) + 1
  const empty = (): number[] => new Array<number>(buckets).fill(0)
  const [held, soldOut, contended, unknown] = [empty(), empty(), empty(), empty()]
  const granted = new Set<string>()
  for (const operation of buyersHolds(played)) {
    const at = Math.floor((operation.returnedUs - fromUs) / 1_000 / bucketMs)
    const list = operation.result === 'ok' ? held : operation.result === 'info' ? unknown : refusal(operation)
    if (list === held && granted.has(operation.holdId)) continue
    if (list === held) granted.add(operation.holdId)
    if (list !== undefined) list[at] = (list[at] ?? 0) + 1
  }
  return { bucketMs, held, soldOut, contended, unknown }

  function refusal({ why }: Extract<HoldOperation, { result: 'fail' }>): number[] | undefined {
    return why === 'sold-out' ? soldOut : why === 'contended' ? contended : undefined
  }
}

function* buyersHolds(played: Iterable<PlayedOperation>): Generator<HoldOperation, void, undefined> {
  for (const { operation, role } of played) if (operation.op === 'hold' && role === 'buyer') yield operation
}

/** The total duration of all calls, in seconds. */
export function callsSeconds(played: Iterable<PlayedOperation>): number {
  let us = 0
  for (const { operation } of played) us += latencyUs(operation)
  return us / 1e6
}

/** `callers`: the number of callers in each batch; undefined if there are none. */
export function batchesOf(callers: readonly number[]): Batches | undefined {
  if (callers.length === 0) return undefined
  const sorted = Float64Array.from(callers).sort()
  const count = sorted.length
  return {
    count,
    mean: sorted.reduce((sum, each) => sum + each, 0) / count,
    p95: sorted[Math.ceil(count * 0.95) - 1] ?? 0,
    max: sorted[count - 1] ?? 0,
  }
}
