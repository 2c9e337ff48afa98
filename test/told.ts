/** What the scripts that test by commands say of each step; how many passed, and what failed. */
import { appendFileSync } from 'node:fs'
import type { Summary } from './closing-table.ts'

const PRINTED_LINES_MAX = 40

let passed = 0
const failures: string[] = []
const notProven: Summary['engines'][number][] = []

/** A step passed unless there is a problem; what its command printed is shown with one. */
export function told(name: string, problem?: string, printed = ''): void {
  if (problem === undefined) {
    passed++
    console.log(`✓ ${name}`)
    return
  }
  failures.push(name)
  const last = printed.split('\n').slice(-PRINTED_LINES_MAX)
  console.log([`✗ ${name}: ${problem}`, ...last].join('\n').trimEnd())
}

/** What could not be shown here, and why: at once, and again in the last lines of all. */
export function toldNotProven(what: string, why: string, remedy = ''): void {
  notProven.push([what, 'NOT PROVEN', why, remedy])
  console.log(`NOT PROVEN: ${what}: ${why}${remedy === '' ? '' : `. ${remedy}`}`)
}

/** For a script that sums up several runs, appended to the file of `HOLDFAST_TEST_SUMMARY`, if there is one. */
export function summedUp(): Summary {
  const summary: Summary = { engines: notProven, passed, failed: failures.length, failures }
  const file = process.env.HOLDFAST_TEST_SUMMARY
  if (file) appendFileSync(file, `${JSON.stringify(summary)}\n`)
  return summary
}
