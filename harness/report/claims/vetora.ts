/** Claims of Vetora’s naive Ticketmaster (001): a row lock held during payment. */

import { hotSeat } from '../../workloads/hot-seat.ts'
import type { Cell } from '../cells.ts'
import { type ChartData, cellsAlong } from '../charts/chart-data.ts'
import { cliffLevels, FOR_UPDATE } from '../charts/cliff.ts'
import { CLAIMED_COLLAPSE } from '../claimed.ts'
import { counted, formatCount, formatFigure } from '../format.ts'
import { durabilityOf, hotSeatCell, type JudgeableClaim, NEAR, notMeasured, poolOf } from './claim.ts'

const VETORA = 'Vetora’s naive Ticketmaster (001)'
/** The claimed wait for a lock in Redis. */
const SETNX_MS = 2
const CLIFF_HOW = `holdfast compare --strategies ${FOR_UPDATE} --workloads ${hotSeat.name} --concurrency 1,8,32,200 --critical-section 50ms`

export const vetora: readonly JudgeableClaim[] = [
  {
    source: VETORA,
    claim: 'A row lock held for 50 ms lets about 20 reservations per second through one hot seat.',
    judge(data) {
      const crowd = forUpdateAlong(data).filter(({ concurrency }) => concurrency > 1)
      if (crowd.length === 0) return notMeasured(CLIFF_HOW)
      const answers = crowd.map(({ answersPerSecond }) => answersPerSecond)
      const isNear = answers.every((each) => Math.abs(each - 20) <= 20 * NEAR)
      const granted = crowd.map(({ goodputPerSecond }) => goodputPerSecond.median)
      return {
        outcome: isNear ? 'in-part' : 'does-not-hold',
        measured: `${range(answers)} buyers were answered per second with ${list(crowd)} callers, but only ${range(granted)} of them got the seat: releasing it waits in the same queue (50 ms in the critical section, ${poolOf(data)}).`,
      }
    },
  },
  {
    source: VETORA,
    claim: 'With about 200 buyers the last in the queue waits ten seconds, and the service is down.',
    judge(data) {
      const cell = forUpdateAlong(data).find(({ concurrency }) => concurrency >= CLAIMED_COLLAPSE.callers)
      const p95 = cell?.holdMs.p95
      if (cell === undefined || p95 === undefined) return notMeasured(CLIFF_HOW)
      return {
        outcome: p95 >= 5_000 ? 'holds' : 'in-part',
        measured: `With ${counted(cell.concurrency, 'caller')}, three in four of them requesting the seat, p95 was ${formatFigure(p95)} ms and ${formatFigure(cell.goodputPerSecond.median)} holds were granted per second (50 ms in the critical section, ${poolOf(data)}).`,
      }
    },
  },
  {
    source: VETORA,
    claim: 'Callers that wait for the lock use up the connections, so that all others wait as well.',
    judge(data) {
      const cells = forUpdateAlong(data).filter(({ bystanderMsP95 }) => bystanderMsP95 !== undefined)
      const before = cells.find(({ concurrency }) => concurrency < data.results.settings.poolSize)
      const after = cells.findLast(({ concurrency }) => concurrency > data.results.settings.poolSize)
      if (before?.bystanderMsP95 === undefined || after?.bystanderMsP95 === undefined)
        return notMeasured(CLIFF_HOW)
      return {
        outcome: after.bystanderMsP95 > 2 * before.bystanderMsP95 ? 'holds' : 'does-not-hold',
        measured: `Buyers of other seats: p95 ${formatFigure(before.bystanderMsP95)} ms with ${counted(before.concurrency, 'caller')}, ${formatFigure(after.bystanderMsP95)} ms with ${after.concurrency} (${poolOf(data)}).`,
      }
    },
  },
  {
    source: VETORA,
    claim: 'A SETNX per seat takes 2 ms, 25 times less than a row lock held for 50 ms.',
    judge(data) {
      const cell = hotSeatCell(data, 'redis-seat-key')
      const ownMs = cell?.holdMs.p50
      const leaseMs = hotSeatCell(data, 'redis-setnx')?.holdMs.p50
      if (cell === undefined || ownMs === undefined)
        return notMeasured(
          `holdfast compare --strategies redis-seat-key,redis-setnx --workloads ${hotSeat.name}`,
        )
      const lease =
        leaseMs === undefined
          ? ''
          : ` SETNX as a lease around a database transaction, redis-setnx, took ${formatFigure(leaseMs)} ms: it still includes the transaction.`
      return {
        outcome:
          ownMs <= SETNX_MS
            ? leaseMs !== undefined && leaseMs > SETNX_MS
              ? 'in-part'
              : 'holds'
            : 'does-not-hold',
        measured: `The seat’s key as the hold, redis-seat-key: p50 ${formatFigure(ownMs)} ms with ${counted(cell.concurrency, 'caller')} (${durabilityOf(data, cell.strategy)}).${lease}`,
      }
    },
  },
]

function forUpdateAlong(data: ChartData): readonly Cell[] {
  const levels = cliffLevels(data).filter(
    ({ criticalSectionMs }) => criticalSectionMs === CLAIMED_COLLAPSE.criticalSectionMs,
  )
  return cellsAlong(levels, FOR_UPDATE).map(({ cell }) => cell)
}

function range(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return least === most ? formatFigure(least) : `${formatFigure(least)} to ${formatFigure(most)}`
}

function list(cells: readonly Cell[]): string {
  return cells.map(({ concurrency }) => formatCount(concurrency)).join(', ')
}
