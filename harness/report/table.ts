/** Results as tables for a terminal. */
import { stripVTControlCharacters } from 'node:util'
import Table from 'cli-table3'
import { batchMean } from '../results/batch-mean.ts'
import type { Results } from '../results/results.ts'
import { type Cell, type Group, groupsOf, whyNotOrdered } from './cells.ts'
import { isExposed } from './exposure.ts'
import { counted, formatCount, formatFigure, formatSpan } from './format.ts'
import { networkClause } from './network.ts'
import { RANKED_MIN } from './ranking.ts'
import { remarksOnGroup } from './remarks.ts'
import { EVENTS_MIN, WAITS_MIN } from './samples.ts'
import { type Standing, standingOf } from './standing.ts'
import { COLUMNS_MAX, type Paint } from './tone.ts'
import { faultClause } from './trial-faults.ts'
import { wrapped } from './wrapped.ts'

const NAMES_IN_CELL_MAX = 2

/** Two spaces between columns and one line under the head. */
export const BORDERLESS = {
  style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  // biome-ignore format: grouped by row
  chars: {
    top: '', 'top-mid': '', 'top-left': '', 'top-right': '',
    left: '', 'left-mid': '', mid: '─', 'mid-mid': '──', right: '', 'right-mid': '', middle: '  ',
    bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  },
}

interface Column {
  readonly head: string
  /** In the legend, on one line. */
  readonly name: string
  /** For the legend, which has the same words once for several names. */
  readonly means: string
  readonly of: (cell: Cell, results: Results) => string
  /** On a narrow terminal, columns with higher numbers are omitted first; absent: never omitted. */
  readonly spare?: number
  /** Whether to show the column for these cells; absent: always. */
  readonly wanted?: (cells: readonly Cell[], results: Results) => boolean
}

const OTHER_ANSWERS = 'the other answers, all repeats'

/** What a percentile says. */
function longestOf(share: string, waitsMin: number): string {
  return `${share} of the waits for an answer were no longer, a dash for fewer than ${formatCount(waitsMin)}`
}

/** The figures that are compared, shown only for valid strategies. */
const COLUMNS: readonly Column[] = [
  {
    head: 'holds/s',
    name: 'holds/s',
    means: `holds granted per second (median of the repeats), a dash for fewer than ${EVENTS_MIN}`,
    of: (cell) => carried(cell, cell.goodputPerSecond.median),
  },
  {
    head: 'min–max',
    name: 'min–max',
    means: 'of holds/s, over the repeats',
    spare: 1,
    of: ({ holds, goodputPerSecond: { min, max } }) =>
      holds < EVENTS_MIN ? '–' : `${formatFigure(min)}–${formatFigure(max)}`,
    wanted: (cells) => cells.some((cell) => cell.repeats > 1),
  },
  { head: 'sold\nout', name: 'sold out', means: OTHER_ANSWERS, of: (cell) => formatCount(cell.soldOut) },
  {
    head: 'con-\ntended',
    name: 'contended',
    means: OTHER_ANSWERS,
    spare: 2,
    of: (cell) => formatCount(cell.contended),
  },
  {
    head: 'un-\nknown',
    name: 'unknown',
    means: OTHER_ANSWERS,
    spare: 3,
    of: (cell) => formatCount(cell.unknown),
  },
  {
    head: 'refused\nwrongly',
    name: 'refused wrongly',
    means: 'answers of sold out while units were free',
    of: (cell) => formatCount(cell.spuriousRefusals),
    wanted: (cells) => cells.some((cell) => cell.spuriousRefusals > 0),
  },
  {
    head: 'p50\nms',
    name: 'p50',
    means: longestOf('50 %', WAITS_MIN.p50),
    spare: 5,
    of: (cell) => formatFigure(cell.holdMs.p50),
  },
  {
    head: 'p95\nms',
    name: 'p95',
    means: longestOf('95 %', WAITS_MIN.p95),
    of: (cell) => formatFigure(cell.holdMs.p95),
  },
  {
    head: 'p99\nms',
    name: 'p99',
    means: longestOf('99 %', WAITS_MIN.p99),
    spare: 4,
    of: (cell) => formatFigure(cell.holdMs.p99),
  },
  {
    head: 'others\np95 ms',
    name: 'others p95',
    means: 'the wait of callers for other seats',
    of: (cell) => formatFigure(cell.bystanderMsP95),
    wanted: (cells) => cells.some((cell) => cell.bystanderMsP95 !== undefined),
  },
  {
    head: 'tries/\nhold',
    name: 'tries/hold',
    means: 'attempts per hold granted',
    spare: 7,
    of: (cell) => carried(cell, cell.attemptsPerSuccess),
  },
  {
    head: 'batch',
    name: 'batch',
    means: 'mean number of callers per batch',
    spare: 6,
    of: (cell, results) => {
      const mean = batchMean(results, cell)
      return mean === undefined ? '–' : formatFigure(mean)
    },
    wanted: (cells, results) => cells.some((cell) => batchMean(results, cell) !== undefined),
  },
  {
    head: 'conn-\nms/hold',
    name: 'conn-ms/hold',
    means: 'time on a connection per hold granted',
    spare: 8,
    of: (cell) => carried(cell, cell.connectionMsPerSuccess),
  },
]

/** A rate or a mean of granted holds: a dash if there were too few of them. */
function carried({ holds }: Cell, value: number): string {
  return holds < EVENTS_MIN ? '–' : formatFigure(value)
}

export interface TableOptions {
  readonly paint: Paint
  readonly columnsMax?: number
}

/** One table per workload and number of callers, each with its title. */
export function renderTables(results: Results, { paint, columnsMax = COLUMNS_MAX }: TableOptions): string {
  return groupsOf(results)
    .map((group) =>
      [
        titleOf(group, results, paint),
        renderGroup(group, results, { paint, columnsMax }),
        ...remarksOnGroup(
          group.cells.filter(({ strategy }) => standingOf(results, strategy).kind === 'valid'),
        ).flatMap((remark) => wrapped(remark, columnsMax).map((line) => paint('quiet', line))),
      ].join('\n'),
    )
    .join('\n\n')
}

/** What the columns of these tables mean: those that are there, and no others. */
export function legendOf(results: Results, { paint, columnsMax = COLUMNS_MAX }: TableOptions): string {
  const groups = groupsOf(results)
  const shown = new Set(groups.flatMap((group) => columnsFor(group, results, { paint, columnsMax })))
  const inOrder = COLUMNS.filter((column) => shown.has(column))
  const parts = [...Map.groupBy(inOrder, ({ means }) => means)].map(
    ([means, own]) => `${own.map(({ name }) => name).join(', ')}: ${means}`,
  )
  const cells = groups.flatMap((group) => group.cells)
  const isExposedToFaults = cells.some(
    ({ strategy }) => standingOf(results, strategy).kind === 'valid' && isExposed(results, strategy),
  )
  const rows = groups.some((group) => group.cells.length > 1)
  const { repeats, durationMs } = RANKED_MIN
  const sentences = [
    `${parts.join('; ')}; oversold: units sold beyond the capacity (in brackets: held or sold at the same time)`,
    ...(isExposedToFaults
      ? ['"valid, see faults": not safe under every fault, as measured or by its own promise']
      : []),
    ...(rows
      ? [
          `Rows are ordered by holds/s only if every strategy ran at least ${repeats} times for ${formatSpan(durationMs)}; the study ranks: holdfast study`,
        ]
      : []),
  ]
  return wrapped(`${sentences.join('. ')}.`, columnsMax).join('\n')
}

function titleOf(group: Group, results: Results, paint: Paint): string {
  const repeats = Math.max(...group.cells.map((cell) => cell.repeats))
  const { poolSize } = results.settings
  const { criticalSectionMs } = group
  const work = criticalSectionMs > 0 ? `, ${criticalSectionMs} ms in the critical section` : ''
  const settings = `${counted(group.concurrency, 'caller')}, pool of ${poolSize}${work}${networkClause(results.settings)}${faultClause(results.settings)}, ${repeats === 1 ? 'once' : `${repeats} times`}`
  return `${paint('strong', group.workload)}  ${paint('quiet', settings)}`
}

function renderGroup(group: Group, results: Results, options: Required<TableOptions>): string {
  return withColumns(columnsFor(group, results, options), group, results, options.paint)
}

/** As many columns as fit. */
function columnsFor(
  group: Group,
  results: Results,
  { paint, columnsMax }: Required<TableOptions>,
): readonly Column[] {
  let columns = COLUMNS.filter((column) => column.wanted?.(group.cells, results) ?? true)
  for (;;) {
    const width = Math.max(
      ...stripVTControlCharacters(withColumns(columns, group, results, paint))
        .split('\n')
        .map((line) => line.length),
    )
    const spare = columns.reduce((most, column) => Math.max(most, column.spare ?? 0), 0)
    if (width <= columnsMax || spare === 0) return columns
    columns = columns.filter((column) => column.spare !== spare)
  }
}

function withColumns(columns: readonly Column[], group: Group, results: Results, paint: Paint): string {
  const table = new Table({
    ...BORDERLESS,
    head: ['strategy', ...columns.map((column) => column.head), 'verdict', 'oversold'],
    colAligns: ['left', ...columns.map(() => 'right' as const), 'left', 'right'],
  })
  for (const cell of ranked(group.cells, results)) {
    const standing = standingOf(results, cell.strategy)
    const isExposedToFaults = isExposed(results, cell.strategy)
    const oversold =
      cell.overReservedUnits > 0
        ? `${formatCount(cell.oversoldUnits)} (${formatCount(cell.overReservedUnits)})`
        : '0'
    const notRead = wasNotRead(results, cell) ? paint('quiet', ', store not read') : ''
    const verdict = verdictOf(cell, { standing, isExposedToFaults }, paint) + notRead
    if (standing.kind === 'valid') {
      table.push([cell.strategy, ...columns.map((column) => column.of(cell, results)), verdict, oversold])
    } else {
      const why = {
        content: paint('quiet', notCharted(standing)),
        colSpan: columns.length,
        hAlign: 'left' as const,
      }
      table.push([
        cell.strategy,
        why,
        verdict,
        cell.overReservedUnits > 0 ? paint('bad', oversold) : oversold,
      ])
    }
  }
  return rendered(table)
}

/** Without trailing spaces. */
export function rendered(table: Table.Table): string {
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

/** Valid strategies first, by goodput if their repeats carry an order; otherwise, and the others, by name. */
function ranked(cells: readonly Cell[], results: Results): readonly Cell[] {
  const valid = cells.filter(({ strategy }) => standingOf(results, strategy).kind === 'valid')
  const isRanked = whyNotOrdered(valid) === undefined
  const rank = (cell: Cell): number =>
    valid.includes(cell) ? (isRanked ? cell.goodputPerSecond.median : 0) : -1
  return [...cells].sort((a, b) => rank(b) - rank(a) || (a.strategy < b.strategy ? -1 : 1))
}

/** Whether the store was not read in one of these trials. */
function wasNotRead(results: Results, { strategy, workload }: Cell): boolean {
  return results.trials.some(
    (trial) => trial.strategy === strategy && trial.workload === workload && trial.storeNotRead !== undefined,
  )
}

function verdictOf(
  cell: Cell,
  { standing, isExposedToFaults }: { readonly standing: Standing; readonly isExposedToFaults: boolean },
  paint: Paint,
): string {
  if (cell.verdict === 'invalid') return paint('bad', 'CONVICTED')
  if (cell.verdict === 'unknown' || standing.kind === 'not-proven') return paint('doubtful', 'not proven')
  if (standing.kind !== 'valid') return paint('quiet', 'no violation')
  return isExposedToFaults ? paint('doubtful', 'valid, see faults') : paint('good', 'valid ✓')
}

/** Long lists are shortened to a number; the lines below the table name all. */
function convictedOn(workloads: readonly string[]): string {
  return workloads.length > NAMES_IN_CELL_MAX ? `${workloads.length} workloads` : workloads.join(', ')
}

function notCharted(standing: Exclude<Standing, { kind: 'valid' }>): string {
  switch (standing.kind) {
    case 'convicted':
      return `not compared: convicted on ${convictedOn(standing.workloads)}`
    case 'not-triggered':
      return 'not compared: declared unsafe'
    case 'not-proven':
      return 'not compared: not proven'
    default:
      return standing satisfies never
  }
}
