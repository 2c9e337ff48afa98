/** A verdict as text: what is wrong, and a drawing of the operations that prove it. No colour, at most 100 columns. */
import type { HistoryHeader } from '../history/record.ts'
import { type Race, type RaceCall, type RaceHold, raceOfViolation } from './race.ts'
import type { Verdict, Violation } from './verdict.ts'

const COLUMNS_MAX = 100

/** More drawings than this and nobody looks at the first. The rest are told in a sentence each. */
const DRAWN_MAX = 3
const TOLD_MAX = 12

/** An operation's label may take this much of a row; longer names are cut. */
const LABEL_COLUMNS_MAX = 46

export function describe(verdict: Verdict, header: HistoryHeader): string {
  const about = `${header.strategy}, ${header.workload}, seed ${header.seed}`
  const counted = `${verdict.operations} operations, ${verdict.unknownOperations} of unknown outcome`
  switch (verdict.verdict) {
    case 'valid':
      return `VALID  ${about}\n${counted}: every answer can be true.\n`
    case 'unknown':
      return `UNKNOWN  ${about}\n${counted}. This is not a pass:\n${verdict.reasons.map((reason) => `- ${reason}\n`).join('')}`
    case 'invalid':
      return `INVALID  ${about}\n${counted}; ${wrongs(verdict)}.\n\n${convictions(verdict, header)}`
    default:
      throw new Error(`no such verdict: ${JSON.stringify(verdict.verdict satisfies never)}`)
  }
}

function wrongs({ violationsTotal, overheldUnits, oversoldUnits, spuriousRefusals }: Verdict): string {
  const parts = [`${violationsTotal} violation${violationsTotal === 1 ? '' : 's'}`]
  if (overheldUnits > 0) parts.push(`overheld by ${overheldUnits}`)
  if (oversoldUnits > 0) parts.push(`oversold by ${oversoldUnits}`)
  if (spuriousRefusals > 0)
    parts.push(`${spuriousRefusals} false refusal${spuriousRefusals === 1 ? '' : 's'}`)
  return parts.join(', ')
}

function convictions(verdict: Verdict, header: HistoryHeader): string {
  const drawn = verdict.violations.slice(0, DRAWN_MAX)
  const told = verdict.violations.slice(DRAWN_MAX, DRAWN_MAX + TOLD_MAX)
  const blocks = drawn.map((violation) => {
    const first = Math.min(
      ...violation.operations.map(({ invokedUs }) => invokedUs),
      violation.atUs ?? Infinity,
    )
    return convict(violation, header, verdict.firstInvokedUs ?? first)
  })
  if (told.length > 0) {
    blocks.push(told.map(({ rule, message }) => wrapped(`${rule}  ${message}`, '    ')).join('\n'))
  }
  const left = verdict.violationsTotal - drawn.length - told.length
  if (left > 0) blocks.push(`And ${left} more.`)
  return `${blocks.join('\n\n')}\n`
}

/** One violation: its sentence, and its operations along a common line of time. */
function convict(violation: Violation, header: HistoryHeader, originUs: number): string {
  const title = [
    `${violation.rule} ${violation.kind}`,
    ...(violation.resourceId === undefined ? [] : [violation.resourceId]),
  ]
  const sentence = `${title.join(' · ')}\n${wrapped(violation.message, '')}`
  if (violation.operations.length === 0) return sentence
  return `${sentence}\n\n${drawing(raceOfViolation(violation, header, originUs))}`
}

interface Row {
  readonly label: string
  /** Undefined draws nothing, as in the row that names a hold. */
  readonly bar?: { readonly fromMs: number; readonly untilMs: number; readonly look: 'call' | 'lost' | 'has' }
}

function drawing(race: Race): string {
  const { fromMs, untilMs, atMs } = race
  const rows: Row[] = []
  for (const hold of race.holds) {
    rows.push({ label: named(hold) }, ...hold.calls.map(row))
    if (hold.has !== undefined) {
      const { fromMs: since, untilMs: end = Number.POSITIVE_INFINITY } = hold.has
      rows.push({ label: '  certainly has it', bar: { fromMs: since, untilMs: end, look: 'has' } })
    }
  }
  rows.push(...race.reads.map(row))

  const labelColumns = Math.min(LABEL_COLUMNS_MAX, Math.max(...rows.map(({ label }) => label.length)))
  const width = COLUMNS_MAX - labelColumns - 2
  const spanMs = Math.max(0.001, untilMs - fromMs)
  const column = (moment: number) => Math.round(((moment - fromMs) / spanMs) * (width - 1))
  const told = (moment: number) => `${moment.toFixed(3)} ms`

  const at = atMs === undefined ? undefined : column(atMs)
  const lines = rows.map(({ label, bar }) => {
    const cells = new Array<string>(width).fill(' ')
    if (bar !== undefined) {
      const until = Math.min(width - 1, column(Math.min(bar.untilMs, untilMs)))
      draw(cells, { from: column(bar.fromMs), until, look: bar.look, goesOn: bar.untilMs > untilMs })
    }
    if (at !== undefined) cells[at] = CROSSED[cells[at] ?? ' '] ?? cells[at] ?? ' '
    return `${cut(label, labelColumns).padEnd(labelColumns)}  ${cells.join('')}`.trimEnd()
  })
  const left = told(fromMs)
  const right = told(untilMs)
  const margin = ' '.repeat(labelColumns + 2)
  const axis = `${margin}${'─'.repeat(width)}`
  const scale = `${margin}${left}${right.padStart(width - left.length)}`
  if (at === undefined || atMs === undefined) return [...lines, axis, scale].join('\n')
  const mark = `▼ ${told(atMs)}`
  const marked = at + mark.length <= width ? `${' '.repeat(at)}${mark}` : `${told(atMs)} ▼`.padStart(at + 1)
  return [`${margin}${marked}`, ...lines, axis, scale].join('\n')
}

/** What a cell becomes where the moment crosses it. */
const CROSSED: Readonly<Record<string, string>> = { ' ': '│', '─': '┼', '━': '┿', '╌': '┼' }

function draw(
  cells: string[],
  bar: {
    readonly from: number
    readonly until: number
    readonly look: 'call' | 'lost' | 'has'
    readonly goesOn: boolean
  },
): void {
  const { from, until, look, goesOn } = bar
  const body = look === 'has' ? '━' : look === 'lost' ? '╌' : '─'
  for (let at = from; at <= until; at++) cells[at] = body
  if (look === 'has') {
    if (goesOn) cells[until] = '▶'
    return
  }
  if (from === until) {
    cells[from] = '■'
    return
  }
  cells[from] = '├'
  cells[until] = look === 'lost' ? '?' : '┤'
}

function named({ holdId, lines }: RaceHold): string {
  if (lines.length === 0) return holdId
  return `${holdId}: ${lines.map(([id, units]) => `${units} of ${id}`).join(', ')}`
}

function row({ client, op, answer, isUnknown, fromMs, untilMs }: RaceCall): Row {
  return {
    label: `  client ${client}  ${op === 'availability' ? 'read' : op}: ${answer}`,
    bar: { fromMs, untilMs, look: isUnknown ? 'lost' : 'call' },
  }
}

function cut(text: string, columns: number): string {
  return text.length > columns ? `${text.slice(0, columns - 1)}…` : text
}

/** Broken between words, so that no line is longer than a drawing. */
function wrapped(text: string, indent: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > COLUMNS_MAX) {
      lines.push(line)
      line = `${indent}${word}`
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join('\n')
}
