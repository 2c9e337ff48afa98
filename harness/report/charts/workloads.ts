/** Goodput of everybody on each workload, and the same in units of a famous sale. */

import { sellOut } from '../../workloads/sell-out.ts'
import { mostContested } from '../answer.ts'
import { counted, formatFigure } from '../format.ts'
import type { Cell, Group } from '../standing.ts'
import { type Bar, barPanel } from './bars.ts'
import { absentChart, type Chart } from './chart.ts'
import { lookOf, type Scene } from './scene.ts'
import { sweptLevels } from './sweeps.ts'
import { QUIET } from './theme.ts'

const WIDTH = 440
/** The TigerFans talk (000) measures in these: 1.4 million tickets in six hours. */
export const OASIS_PER_SECOND = 1_400_000 / (6 * 60 * 60)

export function workloadsChart(scene: Scene): Chart {
  const about = {
    id: 'workloads',
    title: 'Goodput on every other workload',
    lead: 'Holds granted per second. Refusals are left out, and so are strategies that were not found valid.',
  }
  const names = scene.looks.map(({ strategy }) => strategy)
  const swept = sweptLevels(scene)
  const levels = [...scene.workloads.values()].flatMap((each) =>
    each === swept ? [] : (mostContested(each, names) ?? []),
  )
  if (levels.length === 0) return absentChart(about, 'No other workload was run.')
  return {
    ...about,
    size: 'wide',
    panels: levels.map((level) =>
      barPanel(`workloads-${level.workload}`, {
        title: `${level.workload}, ${counted(level.concurrency, 'caller')}`,
        width: WIDTH,
        valuesName: 'holds per second',
        mayBeLog: true,
        bars: ranked(level).map((cell) => barOf(scene, cell, (value) => value)),
      }),
    ),
    table: {
      head: ['strategy', ...levels.map(({ workload }) => workload)],
      rows: names.flatMap((name) => {
        const cells = levels.map((level) => level.cells.find(({ strategy }) => strategy === name))
        return cells.every((cell) => cell === undefined)
          ? []
          : [
              [
                name,
                ...cells.map((cell) =>
                  cell === undefined ? '–' : formatFigure(cell.goodputPerSecond.median),
                ),
              ],
            ]
      }),
    },
  }
}

export function oasisChart(scene: Scene): Chart {
  const about = {
    id: 'oasis',
    title: 'In Oasis units',
    lead: `One Oasis is 1.4 million tickets in six hours, about ${Math.round(OASIS_PER_SECOND)} a second: the yardstick of the TigerFans talk (000). The figures are holds through sell-out, from one process, without HTTP and without a payment around them.`,
  }
  const level = mostContested(
    scene.workloads.get(sellOut.name) ?? [],
    scene.looks.map(({ strategy }) => strategy),
  )
  if (level === undefined) return absentChart(about, `${sellOut.name} was not run.`)
  const cells = ranked(level)
  return {
    ...about,
    size: 'wide',
    panels: [
      barPanel('oasis-all', {
        title: `${sellOut.name}, ${counted(level.concurrency, 'caller')}`,
        width: 500,
        valuesName: 'Oasis',
        mayBeLog: true,
        bars: cells.map((cell) => barOf(scene, cell, (value) => value / OASIS_PER_SECOND)),
      }),
    ],
    table: {
      head: ['strategy', 'Oasis', 'holds/s'],
      rows: cells.map((cell) => [
        cell.strategy,
        formatFigure(cell.goodputPerSecond.median / OASIS_PER_SECOND),
        formatFigure(cell.goodputPerSecond.median),
      ]),
    },
    note: 'About one hold in seven is for two tickets; each counts as one here.',
  }
}

function ranked({ cells }: Group): readonly Cell[] {
  return [...cells].sort((one, other) => other.goodputPerSecond.median - one.goodputPerSecond.median)
}

function barOf(
  scene: Scene,
  { strategy, goodputPerSecond, repeats }: Cell,
  unit: (value: number) => number,
): Bar {
  const look = lookOf(scene, strategy)
  return {
    name: strategy,
    parts: [
      {
        value: unit(goodputPerSecond.median),
        colour: look?.colour.light ?? QUIET,
        ...(look && { decal: look.decal }),
      },
    ],
    ...(repeats > 1 && { min: unit(goodputPerSecond.min), max: unit(goodputPerSecond.max) }),
  }
}
