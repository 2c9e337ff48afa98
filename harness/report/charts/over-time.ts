/** Answers over time on a GA tier, from the first sale until after it is sold out. */
import type { Timeline } from '../../results/figures.ts'
import { sellOut } from '../../workloads/sell-out.ts'
import { counted, formatCount, formatFigure, formatSpan } from '../format.ts'
import { absentChart, type Chart, type Panel } from './chart.ts'
import { type ChartData, comparedGroup, styleOf, trialsOf } from './chart-data.ts'
import { draw, panelTitle } from './draw.ts'
import { linearScale } from './scale.ts'
import type { SeriesStyle } from './series-styles.ts'
import { SMALL } from './sweeps.ts'
import { FAINT, INK, QUIET, REFUSED } from './theme.ts'

export function overTimeChart(data: ChartData): Chart {
  const levels = data.workloads.get(sellOut.name) ?? []
  const level = comparedGroup(data, sellOut.name)
  const about = {
    id: 'over-time',
    title: 'Through sell-out, over time',
    lead: `${sellOut.name}${level === undefined ? '' : ` with ${counted(level.concurrency, 'caller')}`}: holds granted per second in colour, refusals in grey. Each panel has its own axes, since the fastest had sold everything before the slowest had really started.`,
  }
  const shown = (level?.cells ?? []).flatMap((cell) => {
    const style = styleOf(data, cell.strategy)
    const timeline = trialsOf(data, cell).find((trial) => trial.timeline !== undefined)?.timeline
    return style === undefined || timeline === undefined ? [] : [{ style, timeline }]
  })
  if (shown.length === 0) {
    return absentChart(
      about,
      levels.length === 0 ? `${sellOut.name} was not run.` : 'These results do not record answers over time.',
    )
  }
  return {
    ...about,
    size: 'small',
    panels: shown.map(({ style, timeline }) => timePanel(style, timeline)),
    table: {
      head: [
        'strategy',
        'last hold granted after',
        'holds granted',
        'most per second',
        'refused',
        'all answered after',
      ],
      rows: shown.map(({ style, timeline }) => {
        const { held, soldOut, contended, bucketMs } = timeline
        return [
          style.strategy,
          formatSpan(soldOutAtMs(timeline)),
          formatCount(total(held)),
          formatFigure((Math.max(...held) * 1000) / bucketMs),
          formatCount(total(soldOut) + total(contended)),
          formatSpan(held.length * bucketMs),
        ]
      }),
    },
  }
}

/** The end of the last bucket with a granted hold. */
function soldOutAtMs({ held, bucketMs }: Timeline): number {
  return (held.findLastIndex((count) => count > 0) + 1) * bucketMs
}

function timePanel(style: SeriesStyle, timeline: Timeline): Panel {
  const { bucketMs, held, soldOut, contended, unknown } = timeline
  const perSecond = (count: number): number => (count * 1000) / bucketMs
  const refused = held.map((_, at) => (soldOut[at] ?? 0) + (contended[at] ?? 0) + (unknown[at] ?? 0))
  const scale = linearScale(
    held.map((count, at) => perSecond(count + (refused[at] ?? 0))),
    4,
  )
  const endMs = held.length * bucketMs
  const time = linearScale([endMs], 4)
  // A bucket is a step: it begins and ends at its bounds.
  const steps = (counts: readonly number[]): readonly (readonly [number, number])[] =>
    counts.flatMap((count, at) => [
      [at * bucketMs, perSecond(count)],
      [(at + 1) * bucketMs, perSecond(count)],
    ])
  const series = (counts: readonly number[], colour: string, opacity: number): object => ({
    type: 'line',
    stack: 'answers',
    silent: true,
    symbol: 'none',
    data: steps(counts),
    lineStyle: { color: colour, width: 1.2 },
    areaStyle: { color: colour, opacity },
  })
  return draw(`over-time-${style.strategy}`, SMALL, {
    title: panelTitle(
      style.strategy,
      SMALL.width,
      `last hold granted after ${formatSpan(soldOutAtMs(timeline))}`,
    ),
    grid: { left: 46, top: 46, width: SMALL.width - 60, height: SMALL.height - 84 },
    xAxis: {
      ...time.axis,
      name: 'ms since the first call',
      nameLocation: 'middle',
      nameGap: 22,
      nameTextStyle: { color: QUIET, fontSize: 11 },
      axisLine: { show: true, lineStyle: { color: QUIET } },
      axisLabel: { color: INK, fontSize: 11, formatter: (value: number) => formatCount(value) },
      splitLine: { show: false },
    },
    yAxis: {
      ...scale.axis,
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: FAINT } },
    },
    series: [series(held, style.colour.light, 0.55), series(refused, REFUSED, 0.3)],
  })
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
