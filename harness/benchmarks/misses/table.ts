/** The miss rates as a table, for a terminal and for a document. */
import { markdownTable } from '../../report/markdown.ts'
import { DEFECT_CLASSES } from './classes.ts'
import { rateOf } from './interval.ts'
import { LAYERS, type Layer } from './layers.ts'
import { type Counts, LEGAL_CLASS, type Tally, totalOf } from './tally.ts'

const HEAD = ['class', 'history alone', 'with audit', 'with versions', 'false alarms']

/** Missed of illegal, and the rate with its interval. */
function missedCell({ missed, illegal }: Counts): string {
  const rate = rateOf(missed, illegal)
  if (rate === undefined) return '–'
  const counts = `${missed.toLocaleString('en')} of ${illegal.toLocaleString('en')}`
  return `${counts}: ${percent(rate.rate)}% (${percent(rate.low)}–${percent(rate.high)})`
}

function percent(share: number): string {
  const value = share * 100
  if (value === 0 || value === 100) return String(value)
  return value < 1 ? value.toFixed(2) : value.toFixed(1)
}

function alarmsCell(layers: Readonly<Record<Layer, Counts>>): string {
  const alarms = LAYERS.reduce((sum, layer) => sum + layers[layer].falseAlarms, 0)
  const legal = LAYERS.reduce((sum, layer) => sum + layers[layer].legal, 0)
  return legal === 0 ? '–' : `${alarms.toLocaleString('en')} of ${legal.toLocaleString('en')}`
}

function oversellCells(tally: Tally): readonly string[] {
  return LAYERS.map((layer) => {
    const { oversells, oversellsMissed } = totalOf(tally, layer)
    return missedCell({ ...totalOf(tally, layer), illegal: oversells, missed: oversellsMissed })
  })
}

/** One row for each class, then what all classes together have of oversells. */
export function rowsOf(tally: Tally): readonly (readonly string[])[] {
  const names = [LEGAL_CLASS, ...DEFECT_CLASSES.map(({ name }) => name)]
  const rows = names.flatMap((name) => {
    const layers = tally.classes.get(name)?.layers
    if (layers === undefined) return []
    return [[name, ...LAYERS.map((layer) => missedCell(layers[layer])), alarmsCell(layers)]]
  })
  return [HEAD, ...rows, ['all oversells', ...oversellCells(tally), '']]
}

export function asText(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export function asMarkdown(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows
  return markdownTable(head, rest).join('\n')
}
