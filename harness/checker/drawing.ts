/** A race drawn in text: one row per call, along a common line of time. */
import { itemAt } from './at.ts'
import type { Race, RaceCall, RaceHold } from './race.ts'

/** How wide a drawing may be, in characters. */
export const COLUMNS_MAX = 100

/** An operation's label may take this much of a row; longer names are cut. */
const LABEL_COLUMNS_MAX = 46

interface DrawnRow {
  readonly label: string
  /** Without it nothing is drawn, as in the row that names a hold. */
  readonly bar?: { readonly fromMs: number; readonly untilMs: number; readonly look: BarLook }
}

/** A call that was answered, one of unknown outcome, or the time in which a hold certainly has its units. */
type BarLook = 'answered' | 'unknown' | 'has'

/** Where moments lie in a row. */
interface Scale {
  /** Characters. */
  readonly width: number
  readonly untilMs: number
  /** The column of a moment, counted from 0. */
  readonly column: (ms: number) => number
}

/** The drawing, in lines of at most `COLUMNS_MAX` characters. The race must have at least one call. */
export function drawing(race: Race): string {
  const { fromMs, untilMs, atMs } = race
  const rows = [...race.holds.flatMap(rowsOfHold), ...race.reads.map(rowOfCall)]
  const labelColumns = Math.min(LABEL_COLUMNS_MAX, Math.max(...rows.map(({ label }) => label.length)))
  const width = COLUMNS_MAX - labelColumns - 2
  const spanMs = Math.max(0.001, untilMs - fromMs)
  const column = (ms: number) => Math.round(((ms - fromMs) / spanMs) * (width - 1))
  const scale = { width, untilMs, column }
  const markColumn = atMs === undefined ? undefined : column(atMs)

  const margin = ' '.repeat(labelColumns + 2)
  const left = momentText(fromMs)
  return [
    ...(atMs === undefined ? [] : [`${margin}${marker(atMs, scale)}`]),
    ...rows.map(({ label, bar }) => {
      const cells = barCells(bar, scale, markColumn)
      return `${cut(label, labelColumns).padEnd(labelColumns)}  ${cells.join('')}`.trimEnd()
    }),
    `${margin}${'─'.repeat(width)}`,
    `${margin}${left}${momentText(untilMs).padStart(width - left.length)}`,
  ].join('\n')
}

function rowsOfHold(hold: RaceHold): readonly DrawnRow[] {
  const rows = [{ label: holdLabel(hold) }, ...hold.calls.map(rowOfCall)]
  if (hold.has === undefined) return rows
  const { fromMs, untilMs = Number.POSITIVE_INFINITY } = hold.has
  return [...rows, { label: '  certainly has it', bar: { fromMs, untilMs, look: 'has' } }]
}

function rowOfCall({ client, op, answer, isUnknown, fromMs, untilMs }: RaceCall): DrawnRow {
  return {
    label: `  client ${client}  ${op === 'availability' ? 'read' : op}: ${answer}`,
    bar: { fromMs, untilMs, look: isUnknown ? 'unknown' : 'answered' },
  }
}

function holdLabel({ holdId, lines }: RaceHold): string {
  if (lines.length === 0) return holdId
  return `${holdId}: ${lines.map(([id, units]) => `${units} of ${id}`).join(', ')}`
}

/**
 * The line that names the moment above its column; the text is on its left if there is no room on its right.
 */
function marker(atMs: number, { width, column }: Scale): string {
  const at = column(atMs)
  const text = momentText(atMs)
  const mark = `▼ ${text}`
  return at + mark.length <= width ? `${' '.repeat(at)}${mark}` : `${text} ▼`.padStart(at + 1)
}

/** What a cell becomes where the line of the marked moment crosses it. */
const CROSSED: Readonly<Record<string, string>> = { ' ': '│', '─': '┼', '━': '┿', '╌': '┼' }

/** One row of the drawing, character by character. */
function barCells(bar: DrawnRow['bar'], scale: Scale, markColumn: number | undefined): readonly string[] {
  const cells = new Array<string>(scale.width).fill(' ')
  if (bar !== undefined) drawBar(cells, bar, scale)
  if (markColumn !== undefined) {
    const cell = itemAt(cells, markColumn)
    cells[markColumn] = CROSSED[cell] ?? cell
  }
  return cells
}

function drawBar(
  cells: string[],
  { fromMs, untilMs, look }: NonNullable<DrawnRow['bar']>,
  { width, untilMs: endMs, column }: Scale,
): void {
  const from = column(fromMs)
  const until = Math.min(width - 1, column(Math.min(untilMs, endMs)))
  const body = look === 'has' ? '━' : look === 'unknown' ? '╌' : '─'
  for (let at = from; at <= until; at++) cells[at] = body
  if (look === 'has') {
    if (untilMs > endMs) cells[until] = '▶'
  } else if (from === until) {
    cells[from] = '■'
  } else {
    cells[from] = '├'
    cells[until] = look === 'unknown' ? '?' : '┤'
  }
}

function momentText(ms: number): string {
  return `${ms.toFixed(3)} ms`
}

function cut(text: string, columns: number): string {
  return text.length > columns ? `${text.slice(0, columns - 1)}…` : text
}
