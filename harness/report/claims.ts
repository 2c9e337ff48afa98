/** What others say of these techniques, in our own words, against what this run measured. */
import { hotSeat } from '../workloads/hot-seat.ts'
import { sellOut } from '../workloads/sell-out.ts'
import { mostContested } from './answer.ts'
import { largestBatch } from './charts/batches.ts'
import { cliffLevels, FOR_UPDATE } from './charts/cliff.ts'
import { loadTrialsOf } from './charts/load.ts'
import { along, type Scene, trialsOf } from './charts/scene.ts'
import { OASIS_PER_SECOND } from './charts/workloads.ts'
import { CLAIMED_COLLAPSE } from './claimed.ts'
import { counted, formatCount, formatFigure } from './format.ts'
import { type Cell, standingOf, strategiesOf } from './standing.ts'

export interface JudgedClaim {
  readonly source: string
  readonly claim: string
  readonly outcome: 'holds' | 'does-not-hold' | 'in-part' | 'not-measured'
  /** What was measured, under which settings; how to measure it, where it was not. */
  readonly measured: string
}

const TIGERFANS = 'the TigerFans talk (000)'
const VETORA = 'Vetora’s naive Ticketmaster (001)'
const NOTES = 'the ticket booking design notes (002)'
const ARTICLE = 'the double booking article (003)'

/** A figure within this part of the one claimed is the one claimed: machines differ by more. */
const NEAR = 0.25
/** A wait for a lock in Redis that is said to take two milliseconds. */
const SETNX_MS = 2
const SINGLE_TRANSFERS = 'tigerbeetle-pending-transfer'
const BATCHED_TRANSFERS = `${SINGLE_TRANSFERS}-batched`

export function claimsOf(scene: Scene): readonly JudgedClaim[] {
  return [
    twentyPerSecond(scene),
    collapse(scene),
    bystanders(scene),
    setnx(scene),
    batching(scene),
    workers(scene),
    oasis(scene),
    postgresAlone(scene),
    conditionalUpdate(scene),
    checkThenAct(scene),
    optimistic(scene),
    memoryLock(scene),
  ]
}

function notMeasured(source: string, claim: string, how: string): JudgedClaim {
  return { source, claim, outcome: 'not-measured', measured: how }
}

function forUpdateAlong(scene: Scene): readonly Cell[] {
  const levels = cliffLevels(scene).filter(
    ({ criticalSectionMs }) => criticalSectionMs === CLAIMED_COLLAPSE.criticalSectionMs,
  )
  return along(levels, FOR_UPDATE).map(({ cell }) => cell)
}

const CLIFF_HOW = `holdfast compare --strategies ${FOR_UPDATE} --workloads ${hotSeat.name} --concurrency 1,8,32,200 --critical-section 50ms`

function twentyPerSecond(scene: Scene): JudgedClaim {
  const claim = 'A row lock held for 50 ms lets about 20 reservations a second through one hot seat.'
  const crowd = forUpdateAlong(scene).filter(({ concurrency }) => concurrency > 1)
  if (crowd.length === 0) return notMeasured(VETORA, claim, CLIFF_HOW)
  const answers = crowd.map(({ answersPerSecond }) => answersPerSecond)
  const isNear = answers.every((each) => Math.abs(each - 20) <= 20 * NEAR)
  const granted = crowd.map(({ goodputPerSecond }) => goodputPerSecond.median)
  return {
    source: VETORA,
    claim,
    outcome: isNear ? 'in-part' : 'does-not-hold',
    measured: `${range(answers)} buyers were answered per second with ${list(crowd)} callers, but only ${range(granted)} of them got the seat: releasing it waits in the same line (50 ms in the critical section, pool of ${pool(scene)}).`,
  }
}

function collapse(scene: Scene): JudgedClaim {
  const claim = 'With about 200 buyers the last in line waits ten seconds, and the service is down.'
  const cell = forUpdateAlong(scene).find(({ concurrency }) => concurrency >= CLAIMED_COLLAPSE.callers)
  if (cell === undefined) return notMeasured(VETORA, claim, CLIFF_HOW)
  const p95 = cell.holdMs.p95
  return {
    source: VETORA,
    claim,
    outcome: p95 >= 5_000 ? 'holds' : 'in-part',
    measured: `With ${counted(cell.concurrency, 'caller')}, three in four of them after the seat, p95 was ${formatFigure(p95)} ms and ${formatFigure(cell.goodputPerSecond.median)} holds were granted per second (50 ms in the critical section, pool of ${pool(scene)}).`,
  }
}

function bystanders(scene: Scene): JudgedClaim {
  const claim = 'Callers that wait for the lock use up the connections, so that all others wait as well.'
  const cells = forUpdateAlong(scene).filter(({ bystanderMsP95 }) => bystanderMsP95 !== undefined)
  const before = cells.find(({ concurrency }) => concurrency < scene.results.settings.poolSize)
  const after = cells.findLast(({ concurrency }) => concurrency > scene.results.settings.poolSize)
  if (before?.bystanderMsP95 === undefined || after?.bystanderMsP95 === undefined)
    return notMeasured(VETORA, claim, CLIFF_HOW)
  return {
    source: VETORA,
    claim,
    outcome: after.bystanderMsP95 > 2 * before.bystanderMsP95 ? 'holds' : 'does-not-hold',
    measured: `Buyers of other seats: p95 ${formatFigure(before.bystanderMsP95)} ms with ${counted(before.concurrency, 'caller')}, ${formatFigure(after.bystanderMsP95)} ms with ${after.concurrency} (pool of ${pool(scene)}).`,
  }
}

function setnx(scene: Scene): JudgedClaim {
  const claim = 'A SETNX per seat takes 2 ms where the row lock takes 50: 25 times less.'
  const cell = hotSeatCell(scene, 'redis-seat-key')
  const other = hotSeatCell(scene, 'redis-setnx')
  if (cell === undefined)
    return notMeasured(
      VETORA,
      claim,
      `holdfast compare --strategies redis-seat-key,redis-setnx --workloads ${hotSeat.name}`,
    )
  const lease =
    other === undefined
      ? ''
      : ` SETNX as a lease around a database transaction, redis-setnx, took ${formatFigure(other.holdMs.p50)} ms: the transaction is still there.`
  return {
    source: VETORA,
    claim,
    outcome:
      cell.holdMs.p50 <= SETNX_MS
        ? other !== undefined && other.holdMs.p50 > SETNX_MS
          ? 'in-part'
          : 'holds'
        : 'does-not-hold',
    measured: `The seat’s key as the hold, redis-seat-key: p50 ${formatFigure(cell.holdMs.p50)} ms with ${counted(cell.concurrency, 'caller')} (${durabilityOf(scene, cell.strategy)}).${lease}`,
  }
}

function batching(scene: Scene): JudgedClaim {
  const claim =
    'Batching callers together is what makes TigerBeetle fast: about ten times; in the talk itself, 8 % at five or six per batch.'
  const best = largestBatch(scene, BATCHED_TRANSFERS, SINGLE_TRANSFERS)
  if (best === undefined) {
    return notMeasured(
      TIGERFANS,
      claim,
      `holdfast compare --strategies ${SINGLE_TRANSFERS},${BATCHED_TRANSFERS} --workloads ${sellOut.name} --concurrency 4,32,128`,
    )
  }
  return {
    source: TIGERFANS,
    claim,
    outcome: best.factor >= 7 ? 'holds' : best.factor >= 1.1 ? 'in-part' : 'does-not-hold',
    measured: `${formatFigure(best.factor)} times the throughput with ${formatFigure(best.mean)} callers per batch, on ${sellOut.name} with ${counted(best.callers, 'caller')} (${durabilityOf(scene, BATCHED_TRANSFERS)}).`,
  }
}

function workers(scene: Scene): JudgedClaim {
  const claim = 'More worker processes make batches smaller and the whole slower.'
  const all = loadTrialsOf(scene).filter(({ batches }) => batches !== undefined)
  const few = all.filter(({ load }) => load.workers === Math.min(...all.map((each) => each.load.workers)))
  const many = all.filter(({ load }) => load.workers === Math.max(...all.map((each) => each.load.workers)))
  const [one] = few
  const other = many.find(
    ({ strategy, load }) => strategy === one?.strategy && load.workers !== one.load.workers,
  )
  if (one === undefined || other === undefined)
    return notMeasured(
      TIGERFANS,
      claim,
      'It needs the service over HTTP, with several workers, which this run did not include.',
    )
  const isSlower = other.goodputPerSecond < one.goodputPerSecond
  const isSmaller = (other.batches?.mean ?? 0) < (one.batches?.mean ?? 0)
  return {
    source: TIGERFANS,
    claim,
    outcome: isSlower && isSmaller ? 'holds' : isSlower || isSmaller ? 'in-part' : 'does-not-hold',
    measured: `${one.strategy}: ${counted(one.load.workers, 'worker')} granted ${formatFigure(one.goodputPerSecond)}/s at ${formatFigure(one.batches?.mean ?? 0)} per batch, ${other.load.workers} workers ${formatFigure(other.goodputPerSecond)}/s at ${formatFigure(other.batches?.mean ?? 0)}.`,
  }
}

function oasis(scene: Scene): JudgedClaim {
  const claim =
    'One process can sell 977 tickets a second, about fifteen times the Oasis sale, with TigerBeetle and Redis.'
  const cell = sellOutCells(scene).find(({ strategy }) => strategy === BATCHED_TRANSFERS)
  if (cell === undefined)
    return notMeasured(
      TIGERFANS,
      claim,
      `holdfast compare --strategies ${BATCHED_TRANSFERS} --workloads ${sellOut.name}`,
    )
  const median = cell.goodputPerSecond.median
  return {
    source: TIGERFANS,
    claim,
    outcome: median >= 977 ? 'holds' : 'does-not-hold',
    measured: `${formatFigure(median)} holds/s, ${formatFigure(median / OASIS_PER_SECOND)} Oasis, with ${counted(cell.concurrency, 'caller')} in one process: the reservation alone, without the HTTP, the sessions and the payment that the talk has around it.`,
  }
}

function postgresAlone(scene: Scene): JudgedClaim {
  const claim = 'With PostgreSQL in the hot path, about 150 reservations a second are the limit.'
  const cells = sellOutCells(scene).filter(
    ({ strategy }) => enginesOf(scene, strategy)?.join() === enginesOf(scene, FOR_UPDATE)?.join(),
  )
  const best = cells[0]
  if (best === undefined) return notMeasured(TIGERFANS, claim, `holdfast compare --workloads ${sellOut.name}`)
  const single = cells.find(({ strategy }) => strategy === FOR_UPDATE)
  return {
    source: TIGERFANS,
    claim,
    outcome: best.goodputPerSecond.median > 150 * (1 + NEAR) ? 'does-not-hold' : 'holds',
    measured: `${best.strategy} sold ${formatFigure(best.goodputPerSecond.median)} a second${single === undefined || single === best ? '' : `, ${single.strategy} ${formatFigure(single.goodputPerSecond.median)}`}, with ${counted(best.concurrency, 'caller')} on one GA tier (${durabilityOf(scene, best.strategy)}; no sessions or orders around it).`,
  }
}

function conditionalUpdate(scene: Scene): JudgedClaim {
  const claim = 'An update that only takes what is still free is safe, and usually the cleanest answer.'
  const name = 'postgres-conditional-update'
  const standing = standingOf(scene.results, name)
  const own = sellOutCells(scene).find(({ strategy }) => strategy === name)
  const locked = sellOutCells(scene).find(({ strategy }) => strategy === FOR_UPDATE)
  if (standing.kind !== 'valid' || own === undefined) {
    return standing.kind === 'convicted'
      ? { source: NOTES, claim, outcome: 'does-not-hold', measured: `${name} was convicted in this run.` }
      : notMeasured(NOTES, claim, `holdfast compare --strategies ${name},${FOR_UPDATE}`)
  }
  const beside =
    locked === undefined ? '' : `; ${FOR_UPDATE}, ${formatFigure(locked.goodputPerSecond.median)}`
  return {
    source: NOTES,
    claim,
    outcome: 'holds',
    measured: `Valid in all of its ${counted(standing.trials, 'trial')}; ${formatFigure(own.goodputPerSecond.median)} holds/s on ${sellOut.name} with ${counted(own.concurrency, 'caller')}${beside}.`,
  }
}

function checkThenAct(scene: Scene): JudgedClaim {
  const claim = 'Looking first and taking afterwards sells a seat to two.'
  const { control } = scene.results
  return control.caught
    ? {
        source: `${NOTES} and ${ARTICLE}`,
        claim,
        outcome: 'holds',
        measured: `${control.strategy} was caught on ${control.workload} in round ${control.rounds}: ${counted(control.oversoldUnits, 'unit')} sold beyond capacity.`,
      }
    : notMeasured(`${NOTES} and ${ARTICLE}`, claim, control.conviction)
}

function optimistic(scene: Scene): JudgedClaim {
  const claim = 'Optimistic locking suits low contention; under high contention most of its work is wasted.'
  const name = 'postgres-optimistic-version'
  const own = sellOutCells(scene).find(({ strategy }) => strategy === name)
  const guarded = sellOutCells(scene).find(({ strategy }) => strategy === 'postgres-conditional-update')
  if (own === undefined || guarded === undefined) {
    const how = `holdfast compare --strategies ${name},postgres-conditional-update --workloads ${sellOut.name}`
    return notMeasured(ARTICLE, claim, how)
  }
  const contended = trialsOf(scene, own).reduce((sum, { counts }) => sum + counts.contended, 0)
  return {
    source: ARTICLE,
    claim,
    outcome: own.attemptsPerSuccess > guarded.attemptsPerSuccess * (1 + NEAR) ? 'holds' : 'does-not-hold',
    measured: `On ${sellOut.name} with ${counted(own.concurrency, 'caller')} it took ${formatFigure(own.attemptsPerSuccess)} tries for each hold granted and ${formatCount(contended)} gave up; a conditional update took ${formatFigure(guarded.attemptsPerSuccess)}. Two of three requests come when all is sold, so that about three tries are what any technique needs. It granted ${formatFigure(own.goodputPerSecond.median)} a second against ${formatFigure(guarded.goodputPerSecond.median)}.`,
  }
}

function memoryLock(scene: Scene): JudgedClaim {
  const claim =
    'A lock in memory in front of the database carries a thousand to ten thousand requests a second.'
  const lease = hotSeatCell(scene, 'redis-setnx')
  const inside = hotSeatCell(scene, 'redis-lua')
  if (lease === undefined)
    return notMeasured(
      ARTICLE,
      claim,
      `holdfast compare --strategies redis-setnx,redis-lua --workloads ${hotSeat.name}`,
    )
  const beside =
    inside === undefined
      ? ''
      : ` Only with the record itself in memory, redis-lua, were ${formatFigure(inside.answersPerSecond)} answered.`
  return {
    source: ARTICLE,
    claim,
    outcome: lease.answersPerSecond >= 1000 ? 'holds' : 'does-not-hold',
    measured: `redis-setnx answered ${formatFigure(lease.answersPerSecond)} buyers a second on one seat with ${counted(lease.concurrency, 'caller')}.${beside}`,
  }
}

function hotSeatCell(scene: Scene, strategy: string): Cell | undefined {
  const names = scene.looks.map((look) => look.strategy)
  const level = mostContested(scene.workloads.get(hotSeat.name) ?? [], names)
  return level?.cells.find((cell) => cell.strategy === strategy)
}

/** The fastest first. */
function sellOutCells(scene: Scene): readonly Cell[] {
  const level = mostContested(scene.workloads.get(sellOut.name) ?? [], strategiesOf(scene.results))
  return [...(level?.cells ?? [])].sort(
    (one, other) => other.goodputPerSecond.median - one.goodputPerSecond.median,
  )
}

function range(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return least === most ? formatFigure(least) : `${formatFigure(least)} to ${formatFigure(most)}`
}

function list(cells: readonly Cell[]): string {
  return cells.map(({ concurrency }) => formatCount(concurrency)).join(', ')
}

function pool({ results }: Scene): number {
  return results.settings.poolSize
}

function enginesOf({ results }: Scene, strategy: string): readonly string[] | undefined {
  return results.strategies?.find(({ name }) => name === strategy)?.engines
}

/** The engines that a strategy used, as the run found them. */
function durabilityOf(scene: Scene, strategy: string): string {
  const used = enginesOf(scene, strategy)
  const found = scene.results.engines.filter(({ name }) => used?.includes(name) === true)
  return found.length === 0
    ? 'engine unknown'
    : found.map(({ version, durability }) => `${version}, ${durability}`).join('; ')
}
