/**
 * A verdict as text: what is wrong, and a drawing of the operations that prove it. No colour, at most 100
 * columns.
 */
import type { HistoryHeader } from '../history/record.ts'
import { COLUMNS_MAX, drawing } from './drawing.ts'
import { plural } from './plural.ts'
import { raceOfViolation } from './race.ts'
import type { Verdict, Violation } from './verdict.ts'

/** With more drawings than this, readers miss the first. The other violations get a sentence each. */
const DRAWN_MAX = 3
/** The most violations that get a sentence only. */
const SENTENCES_MAX = 12

/** The verdict on a history with this header, as text of one or more lines that ends with a line break. */
export function describe(verdict: Verdict, header: HistoryHeader): string {
  const about = `${header.strategy}, ${header.workload}, seed ${header.seed}`
  const counts = `${verdict.operations} operations, ${verdict.unknownOperations} of unknown outcome`
  switch (verdict.verdict) {
    case 'valid':
      return `VALID  ${about}\n${counts}: every answer can be true.\n`
    case 'unknown': {
      const reasons = verdict.reasons.map((reason) => `- ${reason}\n`)
      return `UNKNOWN  ${about}\n${counts}. This is not a pass:\n${reasons.join('')}`
    }
    case 'invalid':
      return [
        `INVALID  ${about}`,
        wrapped(`${counts}; ${totals(verdict)}.`, ''),
        '',
        ...smallest(verdict, header),
        violations(verdict, header),
      ].join('\n')
    default:
      throw new Error(`no such verdict: ${JSON.stringify(verdict.verdict satisfies never)}`)
  }
}

/** The least that proves the first violation, before all that was found. */
function smallest({ smallest: part, operations, firstInvokedUs }: Verdict, header: HistoryHeader): string[] {
  if (part === undefined) return []
  const title = `The smallest part that convicts: ${part.operations.length} of ${operations} operations.`
  return [title, '', drawnViolation(part, header, firstInvokedUs), '', 'All that was found:', '']
}

function totals({ violationsTotal, overReservedUnits, oversoldUnits, spuriousRefusals }: Verdict): string {
  const parts = [plural(violationsTotal, 'violation')]
  if (overReservedUnits > 0) parts.push(`over-reserved by ${overReservedUnits}`)
  if (oversoldUnits > 0) parts.push(`oversold by ${oversoldUnits}`)
  if (spuriousRefusals > 0) parts.push(plural(spuriousRefusals, 'false refusal'))
  return parts.join(', ')
}

function violations(verdict: Verdict, header: HistoryHeader): string {
  const drawn = verdict.violations.slice(0, DRAWN_MAX)
  const listed = verdict.violations.slice(DRAWN_MAX, DRAWN_MAX + SENTENCES_MAX)
  const blocks = drawn.map((violation) => drawnViolation(violation, header, verdict.firstInvokedUs))
  if (listed.length > 0) {
    blocks.push(listed.map(({ rule, message }) => wrapped(`${rule}  ${message}`, '    ')).join('\n'))
  }
  const left = verdict.violationsTotal - drawn.length - listed.length
  if (left > 0) blocks.push(`And ${left} more.`)
  return `${blocks.join('\n\n')}\n`
}

/** One violation: its sentence, and its operations along a common line of time. */
function drawnViolation(violation: Violation, header: HistoryHeader, originUs: number | undefined): string {
  const title = [
    `${violation.rule} ${violation.kind}`,
    ...(violation.resourceId === undefined ? [] : [violation.resourceId]),
  ]
  const sentence = `${title.join(' · ')}\n${wrapped(violation.message, '')}`
  if (violation.operations.length === 0) return sentence
  return `${sentence}\n\n${drawing(raceOfViolation(violation, header, originUs))}`
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
