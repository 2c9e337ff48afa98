/** Claims of the TigerFans talk (000): TigerBeetle, batching, and one process. */

import { sellOut } from '../../workloads/sell-out.ts'
import { largestBatch } from '../charts/batches.ts'
import { FOR_UPDATE } from '../charts/cliff.ts'
import { loadTrialsOf } from '../charts/load.ts'
import { OASIS_PER_SECOND } from '../charts/workloads.ts'
import { counted, formatFigure } from '../format.ts'
import { durabilityOf, enginesOf, type JudgeableClaim, NEAR, notMeasured, sellOutCells } from './claim.ts'

const TIGERFANS = 'the TigerFans talk (000)'
const SINGLE_TRANSFERS = 'tigerbeetle-pending-transfer'
const BATCHED_TRANSFERS = `${SINGLE_TRANSFERS}-batched`

export const tigerfans: readonly JudgeableClaim[] = [
  {
    source: TIGERFANS,
    claim:
      'Batching callers together is what makes TigerBeetle fast: about ten times; in the talk itself, 8 % at five or six per batch.',
    judge(data) {
      const best = largestBatch(data, BATCHED_TRANSFERS, SINGLE_TRANSFERS)
      if (best === undefined) {
        return notMeasured(
          `holdfast compare --strategies ${SINGLE_TRANSFERS},${BATCHED_TRANSFERS} --workloads ${sellOut.name} --concurrency 4,32,128`,
        )
      }
      return {
        outcome: best.factor >= 7 ? 'holds' : best.factor >= 1.1 ? 'in-part' : 'does-not-hold',
        measured: `${formatFigure(best.factor)} times the throughput with ${formatFigure(best.mean)} callers per batch, on ${sellOut.name} with ${counted(best.callers, 'caller')} (${durabilityOf(data, BATCHED_TRANSFERS)}).`,
      }
    },
  },
  {
    source: TIGERFANS,
    claim: 'More worker processes make batches smaller and the service slower.',
    judge(data) {
      const all = loadTrialsOf(data).filter(({ batches }) => batches !== undefined)
      const few = all.filter(({ load }) => load.workers === Math.min(...all.map((each) => each.load.workers)))
      const many = all.filter(
        ({ load }) => load.workers === Math.max(...all.map((each) => each.load.workers)),
      )
      const [one] = few
      const other = many.find(
        ({ strategy, load }) => strategy === one?.strategy && load.workers !== one.load.workers,
      )
      if (one === undefined || other === undefined)
        return notMeasured(
          'It requires a load over HTTP with several workers, which this run did not include.',
        )
      const isSlower = other.goodputPerSecond < one.goodputPerSecond
      const isSmaller = (other.batches?.mean ?? 0) < (one.batches?.mean ?? 0)
      return {
        outcome: isSlower && isSmaller ? 'holds' : isSlower || isSmaller ? 'in-part' : 'does-not-hold',
        measured: `${one.strategy}: ${counted(one.load.workers, 'worker')} granted ${formatFigure(one.goodputPerSecond)}/s at ${formatFigure(one.batches?.mean ?? 0)} per batch, ${other.load.workers} workers ${formatFigure(other.goodputPerSecond)}/s at ${formatFigure(other.batches?.mean ?? 0)}.`,
      }
    },
  },
  {
    source: TIGERFANS,
    claim:
      'One process can sell 977 tickets per second, about fifteen times the Oasis sale, with TigerBeetle and Redis.',
    judge(data) {
      const cell = sellOutCells(data).find(({ strategy }) => strategy === BATCHED_TRANSFERS)
      if (cell === undefined)
        return notMeasured(`holdfast compare --strategies ${BATCHED_TRANSFERS} --workloads ${sellOut.name}`)
      const median = cell.goodputPerSecond.median
      return {
        outcome: median >= 977 ? 'holds' : 'does-not-hold',
        measured: `${formatFigure(median)} holds/s, ${formatFigure(median / OASIS_PER_SECOND)} Oasis, with ${counted(cell.concurrency, 'caller')} in one process: only the reservation, without the HTTP, sessions and payment of the talk.`,
      }
    },
  },
  {
    source: TIGERFANS,
    claim: 'With PostgreSQL in the hot path, the limit is about 150 reservations per second.',
    judge(data) {
      const cells = sellOutCells(data).filter(
        ({ strategy }) => enginesOf(data, strategy)?.join() === enginesOf(data, FOR_UPDATE)?.join(),
      )
      const best = cells[0]
      if (best === undefined) return notMeasured(`holdfast compare --workloads ${sellOut.name}`)
      const single = cells.find(({ strategy }) => strategy === FOR_UPDATE)
      return {
        outcome: best.goodputPerSecond.median > 150 * (1 + NEAR) ? 'does-not-hold' : 'holds',
        measured: `${best.strategy} granted ${formatFigure(best.goodputPerSecond.median)} holds per second${single === undefined || single === best ? '' : `, ${single.strategy} ${formatFigure(single.goodputPerSecond.median)}`}, with ${counted(best.concurrency, 'caller')} on one GA tier (${durabilityOf(data, best.strategy)}; without sessions and orders).`,
      }
    },
  },
]
