/** A verdict as text: what is wrong, and a drawing of the operations that prove it. No colour, at most 100 columns. */
import type { HoldId } from '../../strategies/strategy.ts'
import type { HistoryHeader, Operation } from '../history/record.ts'
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
  return `${sentence}\n\n${drawing(violation, header, originUs)}`
}

interface Row {
  readonly label: string
  /** Undefined draws nothing, as in the row that names a hold. */
  readonly bar?: { readonly fromUs: number; readonly untilUs: number; readonly look: 'call' | 'lost' | 'has' }
}

function drawing({ operations, holdIds, atUs }: Violation, header: HistoryHeader, originUs: number): string {
  const rows: Row[] = []
  const others = operations.flatMap((operation) =>
    operation.op === 'availability' ? [] : [operation.holdId],
  )
  for (const holdId of new Set([...holdIds, ...others])) {
    const own = operations.filter(
      (operation) => operation.op !== 'availability' && operation.holdId === holdId,
    )
    if (own.length === 0) continue
    rows.push({ label: named(holdId, own) }, ...own.map(row))
    const has = certainly(own, header)
    if (has !== undefined) rows.push({ label: '  certainly has it', bar: { ...has, look: 'has' } })
  }
  rows.push(...operations.filter(({ op }) => op === 'availability').map(row))

  const moments = operations.flatMap(({ invokedUs, returnedUs }) => [invokedUs, returnedUs])
  if (atUs !== undefined) moments.push(atUs)
  const fromUs = Math.min(...moments)
  const toUs = Math.max(...moments)
  const labelColumns = Math.min(LABEL_COLUMNS_MAX, Math.max(...rows.map(({ label }) => label.length)))
  const width = COLUMNS_MAX - labelColumns - 2
  const column = (us: number) => Math.round(((us - fromUs) / Math.max(1, toUs - fromUs)) * (width - 1))
  const ms = (us: number) => `${((us - originUs) / 1_000).toFixed(3)} ms`

  const at = atUs === undefined ? undefined : column(atUs)
  const lines = rows.map(({ label, bar }) => {
    const cells = new Array<string>(width).fill(' ')
    if (bar !== undefined) {
      const until = Math.min(width - 1, column(Math.min(bar.untilUs, toUs)))
      draw(cells, { from: column(bar.fromUs), until, look: bar.look, goesOn: bar.untilUs > toUs })
    }
    if (at !== undefined) cells[at] = CROSSED[cells[at] ?? ' '] ?? cells[at] ?? ' '
    return `${cut(label, labelColumns).padEnd(labelColumns)}  ${cells.join('')}`.trimEnd()
  })
  const left = ms(fromUs)
  const right = ms(toUs)
  const margin = ' '.repeat(labelColumns + 2)
  const axis = `${margin}${'─'.repeat(width)}`
  const scale = `${margin}${left}${right.padStart(width - left.length)}`
  if (at === undefined || atUs === undefined) return [...lines, axis, scale].join('\n')
  const mark = `▼ ${ms(atUs)}`
  const marked = at + mark.length <= width ? `${' '.repeat(at)}${mark}` : `${ms(atUs)} ▼`.padStart(at + 1)
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

function named(holdId: HoldId, operations: readonly Operation[]): string {
  const asked = operations.find((operation) => operation.op === 'hold')
  if (asked?.op !== 'hold') return holdId
  return `${holdId}: ${asked.lines.map(([id, units]) => `${units} of ${id}`).join(', ')}`
}

function row(operation: Operation): Row {
  const { process, op, invokedUs, returnedUs, result } = operation
  return {
    label: `  client ${process}  ${op === 'availability' ? 'read' : op}: ${answer(operation)}`,
    bar: { fromUs: invokedUs, untilUs: returnedUs, look: result === 'info' ? 'lost' : 'call' },
  }
}

function answer(operation: Operation): string {
  if (operation.result === 'info') return 'unknown'
  switch (operation.op) {
    case 'hold':
      return operation.result === 'ok' ? 'held' : operation.why.replaceAll('-', ' ')
    case 'confirm':
      return operation.result === 'ok' ? 'confirmed' : operation.why
    case 'release':
      return operation.result === 'ok' ? 'released' : operation.why.replaceAll('-', ' ')
    case 'availability':
      return operation.available.map(([id, units]) => `${units} of ${id}`).join(', ')
    default:
      throw new Error(`no such operation: ${JSON.stringify(operation satisfies never)}`)
  }
}

/** When these operations prove that the hold had its units: the lower envelope, as `envelopes.ts` defines it. */
function certainly(
  operations: readonly Operation[],
  { clock }: HistoryHeader,
): { readonly fromUs: number; readonly untilUs: number } | undefined {
  let fromUs = Number.POSITIVE_INFINITY
  let untilUs = Number.POSITIVE_INFINITY
  let sold = false
  for (const operation of operations) {
    if (operation.result === 'ok') fromUs = Math.min(fromUs, operation.returnedUs)
    if (operation.op === 'confirm' && operation.result === 'ok') sold = true
    if (operation.op === 'release' && operation.result !== 'fail')
      untilUs = Math.min(untilUs, operation.invokedUs)
    if (operation.op === 'hold' && operation.result === 'ok') {
      untilUs = Math.min(untilUs, (operation.deadlineMs - clock.offsetMs - clock.errorMs) * 1_000)
    }
  }
  if (sold) untilUs = Number.POSITIVE_INFINITY
  return fromUs < untilUs ? { fromUs, untilUs } : undefined
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
