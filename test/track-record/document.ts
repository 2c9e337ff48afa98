/**
 * `npm run track-record`: runs the tests that show each finding, notes the day on which they last passed, and
 * writes docs/track-record.md. With `-- --render` it only writes the page.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { commitOfCheckout } from '../../harness/compare/machine.ts'
import { commandOf, type Finding, findings, others, ours } from './findings.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const FILE = path.join(ROOT, 'docs/track-record.md')
const RECORD = path.join(ROOT, 'docs/results/track-record.json')
/** For all of them together, on a busy machine. */
const LIMIT_MS = 15 * 60_000

interface Reproduced {
  /** Of the calendar, `2026-11-26`. */
  readonly on: string
  readonly commit: string
}

/** By the id of the finding. */
type LastReproduced = Readonly<Record<string, Reproduced>>

export function trackRecord(): LastReproduced {
  return JSON.parse(readFileSync(RECORD, 'utf8')) as LastReproduced
}

export function trackRecordTold(): string {
  return readFileSync(FILE, 'utf8')
}

/** What the file says when it is current. */
export function trackRecordToTell(record: LastReproduced = trackRecord()): string {
  return `# Track record

What was found with these judges: in programs of other people, and in this one. Each is shown by a test of this checkout, and the
command runs exactly that one. Written by \`npm run track-record\`, which runs all of them and notes when each was last reproduced; a
test compares this page with its source, \`test/track-record/findings.ts\`.

## Of other people

What they reported, or what can be read in their sources, is shown on a small strategy of our own writing
(\`test/track-record/strategies.ts\`): the test convicts it, and the same strategy repaired is valid in the very same play.
${others.map((each) => told(each, record)).join('')}
## Our own

Most were found by strategies and histories that somebody else wrote, with the right verdict beside them; the judge said another. Each
is a test now, so that it cannot come again unseen.
${ours.map((each) => told(each, record)).join('')}`
}

function told(finding: Finding, record: LastReproduced): string {
  const { id, what, where, sources, fixedBy } = finding
  const last = record[id]
  const lines = [
    `- where: ${where}`,
    ...sources.map(({ title, where: place, url }) => `- source: “${title}”, [${place}](${url})`),
    ...(fixedBy === undefined ? [] : [`- put right by: ${fixedBy}`]),
    `- reproduce: \`${commandOf(finding)}\``,
    `- last reproduced: ${last === undefined ? 'not yet' : `${last.on}, at ${last.commit}`}`,
  ]
  return `
**${id}**: ${what}

${lines.join('\n')}
`
}

interface TestRun {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

/** Findings whose tests passed, and none of them failed or was skipped. */
async function reproduced(): Promise<readonly Finding[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-track-record-'))
  const file = path.join(folder, 'run.json')
  const names = findings.map(({ test }) => test.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const files = [...new Set(findings.map((each) => each.file))]
  try {
    await promisify(execFile)(
      path.join(ROOT, 'node_modules/.bin/vitest'),
      ['run', ...files, '-t', names.join('|'), '--reporter=json', `--outputFile=${file}`],
      { cwd: ROOT, env: { ...process.env, HOLDFAST_TESTS: 'full' }, timeout: LIMIT_MS, maxBuffer: 2 ** 26 },
    ).catch((error: unknown) => console.error(String(error).split('\n')[0]))
    const run = JSON.parse(readFileSync(file, 'utf8')) as TestRun
    const all = run.testResults.flatMap(({ assertionResults }) => assertionResults)
    return findings.filter(({ test }) => {
      const own = all.filter(({ fullName }) => fullName.includes(test))
      return own.length > 0 && own.every(({ status }) => status === 'passed')
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] === import.meta.filename) {
  let record = trackRecord()
  if (!process.argv.includes('--render')) {
    const [shown, commit = 'no checkout'] = await Promise.all([reproduced(), commitOfCheckout()])
    const on = new Date().toISOString().slice(0, 10)
    record = { ...record, ...Object.fromEntries(shown.map(({ id }) => [id, { on, commit }])) }
    writeFileSync(RECORD, `${JSON.stringify(record, undefined, 2)}\n`)
    const missed = findings.filter((each) => !shown.includes(each))
    console.log(`${shown.length} of ${findings.length} findings were reproduced.`)
    for (const each of missed) console.error(`not reproduced: ${each.id} (${commandOf(each)})`)
    if (missed.length > 0) process.exitCode = 1
  }
  writeFileSync(FILE, trackRecordToTell(record))
}
