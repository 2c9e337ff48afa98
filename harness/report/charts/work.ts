/** The cost of a hold: attempts, and where the callers' time goes. */
import { callsIn } from '../../results/calls.ts'
import { type Cell, type Group, ordered } from '../cells.ts'
import { counted, formatFigure } from '../format.ts'
import { rangeOf } from '../range.ts'
import { barPanel } from './bars.ts'
import { absentChart, type Chart } from './chart.ts'
import { type ChartData, comparedGroup, styleOf, trialsOf } from './chart-data.ts'
import { styledPart } from './series-styles.ts'
import { CONNECTION, MARK, QUIET } from './theme.ts'

const WIDTH = 500
/** Parts of the time differ in hatching as well as in colour. */
const PARTS = {
  poolWait: {
    colour: MARK,
    decal: {
      color: 'rgba(255, 255, 255, 0.45)',
      symbol: 'rect',
      dashArrayX: [1, 0],
      dashArrayY: [2, 4],
      rotation: Math.PI / 4,
    },
  },
  connection: { colour: CONNECTION },
  elsewhere: {
    colour: QUIET,
    decal: {
      color: 'rgba(255, 255, 255, 0.35)',
      symbol: 'circle',
      dashArrayX: [
        [6, 6],
        [0, 6, 6, 0],
      ],
      dashArrayY: [5, 0],
      symbolSize: 0.7,
    },
  },
} as const

function where(level: Group | undefined): string {
  return level === undefined ? '' : ` on ${level.workload} with ${counted(level.concurrency, 'caller')}`
}

export function attemptsChart(data: ChartData): Chart {
  const level = comparedGroup(data)
  const about = {
    id: 'attempts',
    title: 'Attempts per hold granted',
    lead: `The strategy’s own attempts in the calls that were granted a hold${where(level)}. One means at the first attempt. Calls that were refused are not counted: a strategy that refuses at once would look worst.`,
  }
  const cells = (level?.cells ?? []).filter(({ attemptsPerSuccess }) => attemptsPerSuccess > 0)
  if (cells.length === 0) return absentChart(about, 'No hold was granted.')
  const shown = ordered(cells, ({ attemptsPerSuccess }) => attemptsPerSuccess)
  return {
    ...about,
    size: 'wide',
    panels: [
      barPanel('attempts-all', {
        title: 'Attempts per hold',
        width: WIDTH,
        valuesName: 'tries',
        mayBeLog: true,
        bars: shown.map(({ strategy, attemptsPerSuccess }) => ({
          name: strategy,
          parts: [styledPart(styleOf(data, strategy), attemptsPerSuccess)],
        })),
      }),
    ],
    table: {
      head: ['strategy', 'attempts per hold'],
      rows: shown.map((cell) => [cell.strategy, formatFigure(cell.attemptsPerSuccess)]),
    },
  }
}

interface Spent extends Cell {
  readonly totalMs: number
  readonly poolWaitMs: number
  readonly connectionMs: number
  readonly elsewhereMs: number
}

export function timeSpentChart(data: ChartData): Chart {
  const level = comparedGroup(data)
  const about = {
    id: 'time-spent',
    title: 'Where the time goes',
    lead: `All callers’ time from request to answer${where(level)}, per call: waiting for a pooled connection, on that connection (statements, commits, row locks), and elsewhere: in Redis or TigerBeetle, in a batch’s queue, in this process.`,
  }
  const all = (level?.cells ?? []).flatMap((cell) => spentOf(data, cell) ?? [])
  if (all.length === 0) return absentChart(about, 'These results do not record where the time went.')
  const shown = ordered(all, ({ totalMs }) => totalMs)
  const share = (part: number, of: number): string => (of === 0 ? '–' : `${Math.round((100 * part) / of)} %`)
  return {
    ...about,
    size: 'wide',
    panels: [
      barPanel('time-spent-all', {
        title: 'Share of a call',
        subtitle: 'red, hatched: waiting for the pool · blue: on a connection · grey, dotted: elsewhere',
        width: WIDTH,
        valuesName: '% of the time between request and answer',
        bars: shown.map((each) => ({
          name: each.strategy,
          label: `${formatFigure(each.totalMs)} ms`,
          parts: [
            { value: percent(each.poolWaitMs, each.totalMs), ...PARTS.poolWait },
            { value: percent(each.connectionMs, each.totalMs), ...PARTS.connection },
            { value: percent(each.elsewhereMs, each.totalMs), ...PARTS.elsewhere },
          ],
        })),
      }),
    ],
    table: {
      head: ['strategy', 'ms per call', 'pool wait', 'on a connection', 'elsewhere'],
      rows: shown.map((each) => [
        each.strategy,
        formatFigure(each.totalMs),
        share(each.poolWaitMs, each.totalMs),
        share(each.connectionMs, each.totalMs),
        share(each.elsewhereMs, each.totalMs),
      ]),
    },
    note: 'At the end of each bar: the mean over all calls, those of the crowd and of the others.',
  }
}

function percent(part: number, of: number): number {
  return of === 0 ? 0 : (100 * part) / of
}

function spentOf(data: ChartData, cell: Cell): Spent | undefined {
  const trials = trialsOf(data, cell)
  const spent = trials.flatMap((trial) => {
    const calls = callsIn(trial)
    return trial.timeSpent === undefined || calls === 0 ? [] : [{ ...trial.timeSpent, calls }]
  })
  if (spent.length === 0 || spent.length < trials.length) return undefined
  const perCallMs = (of: (each: (typeof spent)[number]) => number): number =>
    rangeOf(spent.map((each) => (1000 * of(each)) / each.calls)).median
  const totalMs = perCallMs(({ callsSeconds }) => callsSeconds)
  const poolWaitMs = Math.min(
    totalMs,
    perCallMs(({ poolWaitSeconds }) => poolWaitSeconds),
  )
  const connectionMs = Math.min(
    totalMs - poolWaitMs,
    perCallMs(({ connectionSeconds }) => connectionSeconds),
  )
  return {
    ...cell,
    totalMs,
    poolWaitMs,
    connectionMs,
    elsewhereMs: totalMs - poolWaitMs - connectionMs,
  }
}
