/** Claims of the ticket booking design notes (002) and the double booking article (003). */

import { hotSeat } from '../../workloads/hot-seat.ts'
import { sellOut } from '../../workloads/sell-out.ts'
import { trialsOf } from '../charts/chart-data.ts'
import { FOR_UPDATE } from '../charts/cliff.ts'
import { counted, formatCount, formatFigure } from '../format.ts'
import { standingOf } from '../standing.ts'
import { hotSeatCell, type JudgeableClaim, NEAR, notMeasured, sellOutCells } from './claim.ts'

const NOTES = 'the ticket booking design notes (002)'
const ARTICLE = 'the double booking article (003)'

export const notes: readonly JudgeableClaim[] = [
  {
    source: NOTES,
    claim: 'A conditional update that only takes free units is safe, and usually the cleanest solution.',
    judge(data) {
      const name = 'postgres-conditional-update'
      const standing = standingOf(data.results, name)
      const own = sellOutCells(data).find(({ strategy }) => strategy === name)
      const locked = sellOutCells(data).find(({ strategy }) => strategy === FOR_UPDATE)
      if (standing.kind !== 'valid' || own === undefined) {
        return standing.kind === 'convicted'
          ? { outcome: 'does-not-hold', measured: `${name} was convicted in this run.` }
          : notMeasured(`holdfast compare --strategies ${name},${FOR_UPDATE}`)
      }
      const beside =
        locked === undefined ? '' : `; ${FOR_UPDATE}, ${formatFigure(locked.goodputPerSecond.median)}`
      return {
        outcome: 'holds',
        measured: `Valid in ${counted(standing.trials, 'trial')}; ${formatFigure(own.goodputPerSecond.median)} holds/s on ${sellOut.name} with ${counted(own.concurrency, 'caller')}${beside}.`,
      }
    },
  },
  {
    source: `${NOTES} and ${ARTICLE}`,
    claim: 'Checking first and writing afterwards sells one seat to two buyers.',
    judge(data) {
      const { control } = data.results
      return control.caught
        ? {
            outcome: 'holds',
            measured: `${control.strategy} was caught on ${control.workload} in round ${control.rounds}: ${counted(control.oversoldUnits, 'unit')} sold beyond capacity.`,
          }
        : notMeasured(control.conviction)
    },
  },
  {
    source: ARTICLE,
    claim: 'Optimistic locking suits low contention; under high contention most of its work is wasted.',
    judge(data) {
      const name = 'postgres-optimistic-version'
      const own = sellOutCells(data).find(({ strategy }) => strategy === name)
      const guarded = sellOutCells(data).find(({ strategy }) => strategy === 'postgres-conditional-update')
      if (own === undefined || guarded === undefined) {
        const how = `holdfast compare --strategies ${name},postgres-conditional-update --workloads ${sellOut.name}`
        return notMeasured(how)
      }
      const contended = trialsOf(data, own).reduce((sum, { counts }) => sum + counts.contended, 0)
      return {
        outcome: own.attemptsPerSuccess > guarded.attemptsPerSuccess * (1 + NEAR) ? 'holds' : 'does-not-hold',
        measured: `On ${sellOut.name} with ${counted(own.concurrency, 'caller')} it took ${formatFigure(own.attemptsPerSuccess)} attempts for each hold granted, and ${formatCount(contended)} gave up; a conditional update took ${formatFigure(guarded.attemptsPerSuccess)}. Refused calls are not counted. It granted ${formatFigure(own.goodputPerSecond.median)} per second, against ${formatFigure(guarded.goodputPerSecond.median)}.`,
      }
    },
  },
  {
    source: ARTICLE,
    claim:
      'A lock in memory in front of the database handles a thousand to ten thousand requests per second.',
    judge(data) {
      const lease = hotSeatCell(data, 'redis-setnx')
      const inside = hotSeatCell(data, 'redis-lua')
      if (lease === undefined)
        return notMeasured(`holdfast compare --strategies redis-setnx,redis-lua --workloads ${hotSeat.name}`)
      const beside =
        inside === undefined
          ? ''
          : ` With the record itself in memory, redis-lua answered ${formatFigure(inside.answersPerSecond)}.`
      return {
        outcome: lease.answersPerSecond >= 1000 ? 'holds' : 'does-not-hold',
        measured: `redis-setnx answered ${formatFigure(lease.answersPerSecond)} buyers per second on one seat with ${counted(lease.concurrency, 'caller')}.${beside}`,
      }
    },
  },
]
