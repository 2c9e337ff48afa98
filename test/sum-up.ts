/** Sums up runs of tests whose summaries stand in a file, one a line as JSON: `node test/sum-up.ts <file>`. */
import { readFileSync } from 'node:fs'
import { closingLines, type Summary } from './closing-table.ts'

const [file = ''] = process.argv.slice(2)
const lines = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
// Written a moment ago by the reporter beside this file.
const summaries = lines.map((line): Summary => JSON.parse(line))
for (const line of closingLines(summaries)) console.log(line)
if (summaries.some(({ failed }) => failed > 0)) process.exitCode = 1
