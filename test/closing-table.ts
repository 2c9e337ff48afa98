/**
 * How a run of tests, or several together, is summed up: a line for each engine and each test that failed, and one with how
 * many passed and failed.
 */
import type { EngineReport } from '../harness/engines/inspect.ts'

export interface Summary {
  /**
   * Engine, or what else had to be there; whether it is proven, its version or what is missing, and where it came from
   * or what would fix it.
   */
  readonly engines: readonly (readonly [engine: string, state: string, what: string, how: string])[]
  readonly passed: number
  readonly failed: number
  /** What failed, by name: at most `NAMED` of them. */
  readonly failures?: readonly string[]
}

/** A broken machine fails everything; the first names tell enough. */
export const NAMED = 40

/** Versions are short; what is missing is a sentence, and has no column to keep to. */
const VERSION_WIDTH = 19

export function engineRow(report: EngineReport): Summary['engines'][number] {
  const { engine } = report
  if (report.state === 'not proven')
    return [engine, 'NOT PROVEN', `${report.missing} [${report.code}]`, `To fix it: ${report.remedy}`]
  // A distribution's build adds its own name in brackets.
  const version = report.version.replace(/ \(.*$/, '')
  return [engine, 'proven', version, report.source]
}

export function closingLines(summaries: readonly Summary[]): readonly string[] {
  const passed = summaries.reduce((sum, each) => sum + each.passed, 0)
  const failed = summaries.reduce((sum, each) => sum + each.failed, 0)
  const rows = summaries
    .flatMap(({ engines }) => engines)
    .map(([engine, state, what, how]) =>
      `${engine.padEnd(11)}  ${state.padEnd(10)}  ${what.padEnd(VERSION_WIDTH)}  ${how}`.trimEnd(),
    )
  const failures = summaries.flatMap((each) => each.failures ?? [])
  return [...rows, ...failures.map((name) => `FAILED: ${name}`), `${passed} passed, ${failed} failed`]
}

/** What the slice did not run is no secret. */
export function leftLine(cases: number): string {
  return `${cases} ${cases === 1 ? 'case was' : 'cases were'} left to \`npm run test:full\``
}
