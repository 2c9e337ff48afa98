/** Prints what a probe found: abilities, anomalies by isolation level, facts, and who is refused there. */
import type { AnomalyOutcome, ProbeFindings } from '../harness/engines/ability.ts'
import { formatSpan } from '../harness/report/format.ts'
import type { NotProven } from '../harness/results/strategies.ts'
import type { Sink } from './output.ts'

const STATES = {
  has: ['good', 'has'],
  lacks: ['bad', 'LACKS'],
  'not-tried': ['doubtful', 'not tried'],
} as const

const OUTCOMES: Readonly<Record<AnomalyOutcome, string>> = {
  absent: '-',
  refused: 'aborted',
  occurs: 'occurs',
  'not-tried': 'not tried',
}

const INDENT = '       '

export function printProbe(out: Sink, probed: ProbeFindings, refused: readonly NotProven[]): void {
  const { abilities, isolation, facts, tookMs } = probed
  const line = (text: string): void => out.write(`${INDENT}${text}\n`)
  line(`what strategies rely on, as tried by three sessions (${formatSpan(tookMs)}):`)
  const width = Math.max(...abilities.map(({ name }) => name.length))
  for (const { name, about, state, seen } of abilities) {
    const [tone, word] = STATES[state]
    const told = state === 'lacks' ? `${about}; but ${seen}` : seen
    line(`  ${out.paint(tone, word.padEnd(9))}  ${name.padEnd(width)}  ${told}`)
  }
  for (const text of anomalyLines(isolation)) line(text)
  for (const [name, value] of facts) line(`${name}: ${value}`)
  for (const { strategy, why } of refused) line(`${out.paint('bad', 'refused there')}: ${strategy}: ${why}`)
}

/** A row for each anomaly, a column for each level that was asked for. */
function anomalyLines(isolation: ProbeFindings['isolation']): readonly string[] {
  const [first] = isolation
  if (first === undefined) return []
  const rows = [
    ['anomalies, by the level that was asked for', ...isolation.map(({ asked }) => asked)],
    ['  as tried it is', ...isolation.map(({ found }) => found)],
    ...first.anomalies.map(({ name }, at) => [
      `  ${name}`,
      ...isolation.map(({ anomalies }) => OUTCOMES[anomalies[at]?.outcome ?? 'not-tried']),
    ]),
  ]
  const widths = Array.from({ length: 1 + isolation.length }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
