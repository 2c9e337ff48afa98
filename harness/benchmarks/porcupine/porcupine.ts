/**
 * Compares the checker's verdict on each resource with that of Porcupine, an independent linearizability
 * checker.
 *
 *     npm run bench:porcupine -- [history.jsonl ...] [--histories n] [--seed n] [--limit seconds]
 *
 * Judges the files, or else generated histories, half of which have a planted defect of capacity or of a
 * hold's life. Only resources whose holds have one line are compared, without audit and versions. Fails if
 * one convicts a resource and the other does not; but in generated histories, which are made to be hard, the
 * checker may miss the share `MISSED_SHARE_MAX`. Needs Go; without it, the exit code is 4.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { judge } from '../../checker/judge.ts'
import { readHistory } from '../../history/files.ts'
import type { HistoryRecord } from '../../history/record.ts'
import type { BugName } from '../misses/bugs.ts'
import { chanceOf } from '../misses/interval.ts'
import { recordsOf } from '../misses/layers.ts'
import { makeRun } from '../misses/run.ts'
import { type Inquiry, questionsOf } from './questions.ts'

const HISTORIES_DEFAULT = '1000'
const EXIT_NO_GO = 4

/**
 * The checker sweeps instead of searching: of what Porcupine convicts in generated histories, it may miss
 * this share.
 */
const MISSED_SHARE_MAX = 0.03
/** A small sample may exceed that by chance. */
const BY_CHANCE_MIN = 1e-5

/** Defects that show in the compared operations. */
const BUGS: readonly BugName[] = [
  'sold-too-many',
  'capacity-ignored',
  'units-freed-early',
  'false-sold-out',
  'confirmed-after-expiry',
  'confirmed-after-release',
  'live-called-gone',
  'sale-released',
]

/** The checker's rules about the order of operations on one resource. */
const RULES = new Set(['O1', 'O2', 'R1', 'L', 'X'])

/** One resource that both judged. */
interface Asked {
  readonly source: string
  readonly question: Inquiry
  readonly checkerConvicts: boolean
}

async function* histories(files: readonly string[], count: number, seed: number) {
  for (const file of files) {
    const records: HistoryRecord[] = []
    for await (const record of readHistory(file)) if (record.type !== 'audit') records.push(record)
    yield { source: file, records }
  }
  if (files.length > 0) return
  for (let number = 0; number < count; number++) {
    const bug = number % 2 === 0 ? undefined : BUGS[((number - 1) / 2) % BUGS.length]
    const bias = { mix: { otherLines: 0, read: 0 }, singleLines: true }
    yield { source: `generated ${number}`, records: recordsOf(makeRun(seed, number, bias, bug), 'history') }
  }
}

/** The resources of a history that Porcupine can judge, and the checker's verdict on each. */
function asksOf(source: string, records: readonly HistoryRecord[]): { asked: Asked[]; left: number } {
  const { asked, left, resourceOf } = questionsOf(records)
  const convicted = new Set<string>()
  for (const { rule, resourceId, holdIds } of judge(records, { requireAudit: false }).violations) {
    if (!RULES.has(rule)) continue
    if (resourceId !== undefined) convicted.add(resourceId)
    else for (const id of holdIds) convicted.add(resourceOf.get(id) ?? '')
  }
  return {
    asked: asked.map((question) => ({ source, question, checkerConvicts: convicted.has(question.resource) })),
    left: left.length,
  }
}

/** Porcupine's answers, one for each question: legal, illegal or undecided. */
async function askPorcupine(questions: readonly Inquiry[], limitSeconds: number): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-porcupine-'))
  try {
    const program = join(folder, 'porcupine')
    const build = spawnSync('go', ['build', '-buildvcs=false', '-o', program, '.'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    })
    if (build.status !== 0) throw new Error(`the Go program cannot be built: ${build.stderr.trim()}`)
    const child = spawn(program, ['-limit', `${limitSeconds}s`], { stdio: ['pipe', 'pipe', 'inherit'] })
    const answers = text(child.stdout)
    const ended = once(child, 'exit')
    // All input is written before the answers are read, which are short.
    for (const question of questions) child.stdin.write(`${JSON.stringify(question)}\n`)
    child.stdin.end()
    const [code] = await ended
    if (code !== 0) throw new Error(`the Go program ended with code ${code}`)
    return (await answers).trim().split('\n')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Prints the table, and returns whether the two disagree too often. */
function report(asked: readonly Asked[], answers: readonly string[], left: number): boolean {
  const outcomeOf = ({ checkerConvicts }: Asked, answer: string | undefined): string => {
    if (answer !== 'legal' && answer !== 'illegal') return 'undecided'
    if (checkerConvicts === (answer === 'illegal'))
      return checkerConvicts ? 'both convict' : 'neither convicts'
    return checkerConvicts ? 'DISAGREE: only the checker convicts' : 'DISAGREE: only Porcupine convicts'
  }
  const outcomes = asked.map((one, at) => ({ ...one, outcome: outcomeOf(one, answers[at]) }))
  const fromFiles = outcomes.filter(({ source }) => !source.startsWith('generated '))
  const disagreeing = outcomes.filter(({ outcome }) => outcome.startsWith('DISAGREE'))
  for (const { source, question, outcome } of fromFiles.length > 0 ? outcomes : disagreeing) {
    console.log(`${source}  ${question.resource}  ${question.steps.length} steps  ${outcome}`)
  }
  const counted = (which: (outcome: string) => boolean) =>
    outcomes.filter(({ outcome }) => which(outcome)).length
  console.log(
    `resources    ${outcomes.length}, and ${left} left out: holds of several lines, ids with two requests`,
  )
  console.log(
    `agree        ${counted((outcome) => outcome === 'neither convicts')} legal, ${counted((outcome) => outcome === 'both convict')} illegal`,
  )
  console.log(`disagree     ${disagreeing.length}`)
  console.log(`undecided    ${counted((outcome) => outcome === 'undecided')}`)
  const missed = counted((outcome) => outcome === 'DISAGREE: only Porcupine convicts')
  if (fromFiles.length > 0 || disagreeing.length > missed) return disagreeing.length > 0
  const convicted = missed + counted((outcome) => outcome === 'both convict')
  return chanceOf(missed, convicted, MISSED_SHARE_MAX) < BY_CHANCE_MIN
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      histories: { type: 'string', default: HISTORIES_DEFAULT },
      seed: { type: 'string', default: '1' },
      limit: { type: 'string', default: '10' },
    },
  })
  if (spawnSync('go', ['version']).status !== 0) {
    console.error('Porcupine is a Go module, and there is no "go" on the PATH: install Go 1.22 or later.')
    process.exitCode = EXIT_NO_GO
    return
  }
  const asked: Asked[] = []
  let left = 0
  for await (const { source, records } of histories(
    positionals,
    Number(values.histories),
    Number(values.seed),
  )) {
    const asks = asksOf(source, records)
    asked.push(...asks.asked)
    left += asks.left
  }
  const answers = await askPorcupine(
    asked.map(({ question }) => question),
    Number(values.limit),
  )
  if (report(asked, answers, left)) process.exitCode = 1
}

await main()
