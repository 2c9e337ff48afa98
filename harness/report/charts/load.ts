/** Load over HTTP: goodput and waits against the offered rate and the number of workers. */
import type { Trial } from '../../results/trial.ts'
import { formatCount, formatFigure, formatSpan } from '../format.ts'
import { rangeOf } from '../range.ts'
import { percentileOf } from '../samples.ts'
import { absentChart, type Chart, type Panel } from './chart.ts'
import type { ChartData } from './chart-data.ts'
import type { ChartLine } from './line.ts'
import { linePanel } from './lines.ts'
import { isWide, linearScale, logScale } from './scale.ts'
import { styledLine } from './series-styles.ts'
import { WIDE } from './sweeps.ts'

type LoadTrial = Trial & { readonly load: NonNullable<Trial['load']> }

export function loadTrialsOf({ results, styles }: ChartData): readonly LoadTrial[] {
  return results.trials.flatMap((trial) => {
    const { load } = trial
    const isCharted = styles.some(({ strategy }) => strategy === trial.strategy)
    return load === undefined || !isCharted ? [] : [{ ...trial, load }]
  })
}

const AT_A_RATE = {
  title: 'Over HTTP: goodput and wait against offered load',
  lead: 'Buyers arrive at a fixed rate and do not wait for one another, as on the web. Where goodput stops following the offered load, the service is saturated; a little is always missing, since some buyers request seats that are sold.',
}
const CLOSED_LOOP = {
  title: 'Over HTTP, at full speed',
  lead: 'A closed loop: a fixed number of buyers, each of which sends the next request after an answer. A slow service gets fewer requests here, and the queue that would build up on the web is not visible.',
}

/** Of the TigerFans talk (000), of China's railways in 2015, and of a published shop on Kafka Streams. */
const YARDSTICKS =
  'Others over the network, with sessions, orders or payments, which these holds do not have: Oasis, 1.4 million tickets in six hours, 65 a second; 12306, 1,032 orders a second at its peak in 2015; a shop on Kafka Streams, 265 to 473 seats per vCPU-second.'

export function loadChart(data: ChartData): Chart {
  const all = loadTrialsOf(data)
  const offered = all.filter(({ load }) => load.offeredPerSecond !== undefined)
  const isClosedLoop = all.length > 0 && offered.length === 0
  const about = { id: 'load', ...(isClosedLoop ? CLOSED_LOOP : AT_A_RATE) }
  if (all.length === 0) return absentChart(about, 'No load was sent over HTTP in this run.')
  return {
    ...about,
    size: 'wide',
    panels: [...byRate(data, offered), ...byWorkers(data, all)],
    table: tableOf(all),
    note: YARDSTICKS,
  }
}

function byRate(data: ChartData, offered: readonly LoadTrial[]): readonly Panel[] {
  const rates = [...new Set(offered.map(({ load }) => load.offeredPerSecond ?? 0))].sort((a, b) => a - b)
  if (rates.length === 0) return []
  return [
    loadPanel(data, offered, {
      id: 'load-goodput',
      title: 'Granted',
      valuesName: 'holds per second',
      rates,
      of: ({ goodputPerSecond }) => goodputPerSecond,
    }),
    loadPanel(data, offered, {
      id: 'load-p99',
      title: 'A buyer’s wait, 99th percentile',
      valuesName: 'ms',
      rates,
      of: ({ latencyMs }) => percentileOf(latencyMs.hold, 'p99'),
    }),
  ]
}

function byWorkers(data: ChartData, all: readonly LoadTrial[]): readonly Panel[] {
  const workers = [...new Set(all.map(({ load }) => load.workers))].sort((a, b) => a - b)
  const batching = all.filter(({ batches }) => batches !== undefined)
  if (workers.length <= 1 || batching.length === 0) return []
  const panel = (
    trials: readonly LoadTrial[],
    id: string,
    title: string,
    valuesName: string,
    of: (trial: LoadTrial) => number,
  ): Panel => {
    const lines = linesOf(data, trials, workers, ({ load }) => load.workers, of)
    const values = lines.flatMap(({ points }) => points.map(({ value }) => value))
    return linePanel(id, {
      ...WIDE,
      title,
      places: workers.map(formatCount),
      placesName: 'worker processes',
      valuesName,
      scale: linearScale(values),
      lines,
    })
  }
  return [
    panel(
      all,
      'load-workers',
      'More workers',
      'holds per second',
      ({ goodputPerSecond }) => goodputPerSecond,
    ),
    panel(
      batching,
      'load-batches',
      'More workers, smaller batches',
      'callers per batch, on average',
      ({ batches }) => batches?.mean ?? 0,
    ),
  ]
}

function tableOf(all: readonly LoadTrial[]): Chart['table'] {
  return {
    head: [
      'strategy',
      'profile',
      'offered/s',
      'workers',
      'holds/s',
      'sold out',
      'unknown',
      'not sent',
      'p50 ms',
      'p99 ms',
      'batch',
      'lasted',
    ],
    rows: all.map(({ strategy, load, goodputPerSecond, latencyMs, counts, batches, elapsedMs }) => [
      strategy,
      load.profile,
      load.offeredPerSecond === undefined ? 'closed loop' : formatFigure(load.offeredPerSecond),
      formatCount(load.workers),
      formatFigure(goodputPerSecond),
      formatCount(counts.soldOut),
      formatCount(counts.unknown),
      formatCount(load.droppedIterations),
      formatFigure(percentileOf(latencyMs.hold, 'p50')),
      formatFigure(percentileOf(latencyMs.hold, 'p99')),
      formatFigure(batches?.mean),
      formatSpan(elapsedMs),
    ]),
  }
}

function loadPanel(
  data: ChartData,
  trials: readonly LoadTrial[],
  panel: {
    readonly id: string
    readonly title: string
    readonly valuesName: string
    readonly rates: readonly number[]
    readonly of: (trial: LoadTrial) => number | undefined
  },
): Panel {
  const lines = linesOf(data, trials, panel.rates, ({ load }) => load.offeredPerSecond ?? 0, panel.of)
  const values = lines.flatMap(({ points }) => points.map(({ value }) => value))
  const isLog = isWide(values)
  return linePanel(panel.id, {
    ...WIDE,
    title: panel.title,
    places: panel.rates.map(formatCount),
    placesName: 'requests offered per second',
    valuesName: isLog ? `${panel.valuesName} (log)` : panel.valuesName,
    scale: (isLog ? logScale : linearScale)(values),
    lines,
  })
}

function linesOf(
  data: ChartData,
  trials: readonly LoadTrial[],
  places: readonly number[],
  placeOf: (trial: LoadTrial) => number,
  of: (trial: LoadTrial) => number | undefined,
): readonly ChartLine[] {
  return data.styles.flatMap((style) => {
    const own = trials.filter((trial) => trial.strategy === style.strategy)
    const points = places.flatMap((place, at) => {
      const values = own.filter((trial) => placeOf(trial) === place).flatMap((trial) => of(trial) ?? [])
      if (values.length === 0) return []
      const { median, min, max } = rangeOf(values)
      return [{ at, value: median, min, max }]
    })
    return points.length === 0 ? [] : [styledLine(style, style.strategy, points)]
  })
}
