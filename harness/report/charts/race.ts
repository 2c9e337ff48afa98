/** A chart of a race: the calls of every hold on a common time axis, and the moment of the violation. */
import type { Race, RaceCall } from '../../checker/race.ts'
import { escaped } from '../page/html.ts'
import type { Panel } from './chart.ts'
import { textWidth } from './draw.ts'
import { CONTEXT, FAINT, INK, MARK, QUIET } from './theme.ts'

const WIDTH = 760
const ROW = { height: 24, bar: 12, gap: 12 } as const
const MARGIN = { top: 34, bottom: 34, right: 14, labelGap: 12 } as const
const FONT_SIZE = 12
/** Longer names of holds and answers are cut. */
const LABEL_LENGTH_MAX = 40
/** The relative width of bold letters. */
const BOLD = 1.2
const CALL = '#2a6fb0'
const HAS = '#c2410c'
/** Colours that only races use. */
export const RACE_COLOURS = [
  { light: CALL, dark: '#7ab8f0' },
  { light: HAS, dark: '#ff9b63' },
] as const

interface Row {
  readonly label: string
  readonly isHead?: boolean
  readonly bar?: {
    readonly fromMs: number
    readonly untilMs: number
    readonly look: 'call' | 'lost' | 'has'
    readonly goesOn: boolean
  }
}

export function racePanel(race: Race): Panel {
  const { fromMs, untilMs, atMs } = race
  const rows = rowsOf(race)
  const left = Math.max(...rows.map(({ label }) => textWidth(label, FONT_SIZE))) + MARGIN.labelGap
  const plot = WIDTH - left - MARGIN.right
  const spanMs = Math.max(0.001, untilMs - fromMs)
  const x = (ms: number): number =>
    round(left + ((Math.min(Math.max(ms, fromMs), untilMs) - fromMs) / spanMs) * plot)
  let y: number = MARGIN.top
  const parts: string[] = []
  for (const { label, isHead = false, bar } of rows) {
    if (isHead) {
      if (y > MARGIN.top) {
        y += ROW.gap
        parts.push(line(0, y - ROW.gap / 2, WIDTH, y - ROW.gap / 2, FAINT))
      }
      parts.push(text(0, y + 16, label, { isBold: true }))
    } else {
      parts.push(text(12, y + 16, label, {}))
    }
    if (bar !== undefined) parts.push(drawn(bar, { x, y: y + (ROW.height - ROW.bar) / 2 }))
    y += ROW.height
  }
  const bottom = y + 4
  const height = bottom + MARGIN.bottom
  const axis = [
    line(left, bottom, left + plot, bottom, QUIET),
    text(left, bottom + 18, formatMs(fromMs), { fill: QUIET }),
    text(left + plot, bottom + 18, formatMs(untilMs), { fill: QUIET, anchor: 'end' }),
  ]
  const moment = atMs === undefined ? [] : momentAt(x(atMs), atMs, bottom, left)
  return { width: WIDTH, height, body: [...axis, ...parts, ...moment].join('\n') }
}

function rowsOf({ holds, reads, untilMs }: Race): readonly Row[] {
  const call = ({ client, op, answer, isUnknown, fromMs, untilMs: endMs }: RaceCall): Row => ({
    label: cut(`client ${client}: ${op === 'availability' ? 'read' : op} → ${answer}`),
    bar: { fromMs, untilMs: endMs, look: isUnknown ? 'lost' : 'call', goesOn: false },
  })
  return [
    ...holds.flatMap(({ holdId, lines, calls, has }): readonly Row[] => {
      const wanted = lines.map(([id, quantity]) => `${quantity} of ${id}`).join(', ')
      const head: Row = { label: cut(wanted === '' ? holdId : `${holdId}: ${wanted}`), isHead: true }
      if (has === undefined) return [head, ...calls.map(call)]
      const { fromMs, untilMs: endMs = Number.POSITIVE_INFINITY } = has
      const bar = { fromMs, untilMs: Math.min(endMs, untilMs), look: 'has' as const, goesOn: endMs > untilMs }
      return [head, ...calls.map(call), { label: 'certainly has it', bar }]
    }),
    ...reads.map(call),
  ]
}

function drawn(
  { fromMs, untilMs, look, goesOn }: NonNullable<Row['bar']>,
  { x, y }: { readonly x: (ms: number) => number; readonly y: number },
): string {
  const from = x(fromMs)
  const width = Math.max(2, x(untilMs) - from)
  if (look === 'has') {
    const arrow = goesOn ? `<path d="M${round(from + width)} ${y - 2}l8 8l-8 8z" fill="${HAS}"/>` : ''
    return `<rect x="${from}" y="${y + 2}" width="${round(width)}" height="${ROW.bar - 4}" fill="${HAS}"/>${arrow}`
  }
  const dash = look === 'lost' ? ' stroke-dasharray="4 3"' : ''
  return `<rect x="${from}" y="${y}" width="${round(width)}" height="${ROW.bar}" rx="2" fill="${CALL}" fill-opacity="${look === 'lost' ? 0 : 0.3}" stroke="${CALL}"${dash}/>`
}

function momentAt(x: number, atMs: number, bottom: number, left: number): readonly string[] {
  const label = `▼ ${formatMs(atMs)}: too many`
  const fits = x + textWidth(label, FONT_SIZE) * BOLD < WIDTH
  return [
    `<line x1="${x}" y1="${MARGIN.top - 8}" x2="${x}" y2="${bottom}" stroke="${MARK}" stroke-width="1.5" stroke-dasharray="5 4"/>`,
    text(
      fits ? Math.max(left, x - 5) : x + 5,
      MARGIN.top - 14,
      fits ? label : `too many at ${formatMs(atMs)} ▼`,
      {
        fill: MARK,
        isBold: true,
        anchor: fits ? 'start' : 'end',
      },
    ),
  ]
}

function text(
  x: number,
  y: number,
  content: string,
  {
    isBold = false,
    fill = INK,
    anchor = 'start',
  }: { readonly isBold?: boolean; readonly fill?: string; readonly anchor?: string },
): string {
  const weight = isBold ? ' font-weight="bold"' : ''
  return `<text x="${x}" y="${y}" fill="${fill}" font-family="sans-serif" font-size="${FONT_SIZE}" text-anchor="${anchor}"${weight}>${escaped(content)}</text>`
}

function line(x1: number, y1: number, x2: number, y2: number, stroke: string): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${stroke === FAINT ? CONTEXT : stroke}"/>`
}

function formatMs(ms: number): string {
  return `${ms.toFixed(1)} ms`
}

function cut(label: string): string {
  return label.length > LABEL_LENGTH_MAX ? `${label.slice(0, LABEL_LENGTH_MAX - 1)}…` : label
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
