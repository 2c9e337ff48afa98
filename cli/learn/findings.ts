/** What the judges find in an exercise, printed as it comes. */
import { withoutEngine } from '../../harness/engines/missing.ts'
import { controlFor } from '../../harness/entries/control.ts'
import { METHODS } from '../../harness/entries/own-strategy.ts'
import { listed } from '../../harness/report/format.ts'
import { askedAlone } from '../../learn/exercises/alone.ts'
import type { Exercise } from '../../learn/exercises/exercise.ts'
import { type Finding, type GradeOn, judged, survived } from '../../learn/exercises/judges.ts'

import type { StrategyEntry } from '../../strategies/registry.ts'
import type { Context } from '../context.ts'
import type { Ending } from '../ending.ts'
import { forExploring, openFor } from '../engines.ts'
import { EXIT } from '../exit-codes.ts'
import { printNotProven } from '../not-proven.ts'
import type { Sink } from '../output.ts'

const MARKS = {
  passed: ['good', '✓'],
  failed: ['bad', '✗'],
  unknown: ['doubtful', '?'],
  'not-checked': ['quiet', '–'],
} as const

/** A strategy, and how commands name it. */
export interface Graded {
  readonly entry: StrategyEntry
  readonly file: string
}

/** Undefined if nothing could be asked: an engine is missing, or something is not written yet. */
export async function findingsOf(
  exercise: Exercise,
  graded: Graded,
  { ending, context }: { readonly ending: Ending; readonly context: Context },
): Promise<readonly Finding[] | undefined> {
  const { out, err } = context.output
  const { entry, file } = graded
  const findings: Finding[] = []
  const on = { kinds: context.engines, signal: ending.signal, file, program: context.program }
  try {
    {
      const needed = [entry, controlFor([entry])]
      await using opened = await openFor(needed, forExploring(context), context, ending.signal)
      const [absent] = opened.missing
      if (absent !== undefined) {
        printNotProven(out, [withoutEngine(entry.name, absent)])
        context.finish(EXIT.notProven)
        return undefined
      }
      const { unwritten, failure } = await askedAlone(entry, opened.engines)
      if (failure !== undefined) {
        take({ name: 'one buyer alone', kind: 'failed', says: failure }, findings, out)
        return findings
      }
      if (unwritten.length > 0) {
        out.write(toldUnwritten(unwritten, file))
        context.finish(EXIT.notProven)
        return undefined
      }
      const signal = AbortSignal.any([ending.signal, opened.lost])
      const parts: GradeOn = { ...on, signal, engines: opened.engines }
      for await (const finding of judged(exercise, entry, parts)) take(finding, findings, out)
    }
    if (findings.some(({ kind }) => kind === 'failed' || kind === 'unknown')) return findings
    if (entry.engines.length === 0 && exercise.faults !== undefined) {
      const says = 'faults strike what this command has started, and it did not start the service'
      take({ name: 'faults', kind: 'not-checked', says }, findings, out)
      return findings
    }
    const log = (line: string): void => err.write(`${line}\n`)
    for await (const finding of survived(exercise, entry, { ...on, env: context.env, log }))
      take(finding, findings, out)
  } catch (error) {
    if (ending.cause() === undefined) throw error
  }
  return findings
}

function toldUnwritten(unwritten: readonly string[], file: string): string {
  if (unwritten.length === METHODS.length)
    return `NOTHING IS WRITTEN YET: every method of ${file} only says so. Its first lines say what is asked.\n`
  return `NOT WRITTEN YET: ${listed(unwritten)} of ${file}. It is graded once every method is written.\n`
}

function take(finding: Finding, findings: Finding[], out: Sink): void {
  findings.push(finding)
  const [tone, mark] = MARKS[finding.kind]
  const isLong = finding.kind === 'failed' || finding.kind === 'unknown'
  out.write(`${out.paint(tone, mark)} ${finding.name}${isLong ? '' : `: ${firstLine(finding.says)}`}\n`)
  if (isLong) out.write(`\n${finding.says.replaceAll(/^(?=.)/gm, '    ')}\n\n`)
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}
