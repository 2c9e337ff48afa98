/**
 * How much the checker misses, class by class and layer by layer, and whether it ever convicts the
 * innocent.
 *
 *     npm run bench:misses -- [--histories n] [--legal n] [--seed n] [--json file] [--publish] [--show number]
 *
 * Makes histories from the seed, decides each by trying every order of its events, and gives it to the
 * checker. Half of them have a defect planted. `--legal` adds so many legal ones, which are not searched.
 * Fails if a legal history is convicted, if an oversell is missed, or if a class is missed more often than
 * its published ceiling allows.
 *
 * Takes about a minute on two cores.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { judge } from '../../checker/judge.ts'
import { problemsOf } from './ceilings.ts'
import { DEFECT_CLASSES } from './classes.ts'
import { LAYERS, recordsOf } from './layers.ts'
import { plantedAt } from './plant.ts'
import { asMarkdown, asText, rowsOf } from './table.ts'
import { addTally, emptyTally, type Tally, totalOf } from './tally.ts'
import { truthOf } from './truth.ts'
import { measureAll } from './workers.ts'

const HISTORIES_DEFAULT = '100000'
const LEGAL_DEFAULT = '50000'
const THREADS_MAX = 8

const DOCUMENT = join(import.meta.dirname, '../../../docs/checker-misses.md')
const SECTION = /(?<=<!-- misses -->\n)[\s\S]*?(?=<!-- \/misses -->)/

interface Order {
  readonly seed: number
  readonly histories: number
  readonly legal: number
}

async function measured({ seed, histories, legal }: Order): Promise<Tally> {
  const threads = Math.min(THREADS_MAX, availableParallelism())
  const tally = emptyTally()
  addTally(tally, await measureAll({ seed, legalOnly: false }, histories, threads))
  // Other streams of the seed than the histories above.
  addTally(tally, await measureAll({ seed: seed + 1_000_003, legalOnly: true }, legal, threads))
  return tally
}

/** What the tables do not say, in sentences. */
function sentences(tally: Tally, { seed, histories, legal }: Order): readonly string[] {
  const number = (count: number): string => count.toLocaleString('en')
  const totals = LAYERS.map((layer) => totalOf(tally, layer))
  const alarms = totals.reduce((sum, { falseAlarms }) => sum + falseAlarms, 0)
  const verdicts = totals.reduce((sum, total) => sum + total.legal, 0)
  const missed = totals.reduce((sum, { oversellsMissed }) => sum + oversellsMissed, 0)
  const illegal = totals.reduce((sum, total) => sum + total.illegal, 0)
  const undecided = totals.reduce((sum, total) => sum + total.undecided, 0)
  const oversells = totals.reduce((sum, total) => sum + total.oversells, 0)
  return [
    `Seed ${seed}: ${number(histories)} histories decided by the search and ${number(legal)} more legal ones, each ` +
      `judged in three layers; ${number(tally.skipped)} were left out.`,
    `False alarms: ${number(alarms)} in ${number(verdicts)} verdicts on legal histories.`,
    `Oversells missed: ${number(missed)} of ${number(oversells)}.`,
    `Illegal histories called unknown, which is no pass: ${number(undecided)} of ${number(illegal)}.`,
  ]
}

/** Writes the table of classes and the table of rates into the document, between its markers. */
async function publish(tally: Tally, order: Order): Promise<void> {
  const text = await readFile(DOCUMENT, 'utf8')
  if (!SECTION.test(text)) throw new Error('docs/checker-misses.md has lost its markers')
  const classes = [['class', 'what is wrong'], ...DEFECT_CLASSES.map(({ name, about }) => [name, about])]
  const date = new Date().toISOString().slice(0, 10)
  const section = [
    `Measured on ${date} by \`npm run bench:misses\`, which wrote this section.`,
    sentences(tally, order).join('\n'),
    asMarkdown(rowsOf(tally)),
    'The classes:',
    asMarkdown(classes),
  ].join('\n\n')
  await writeFile(
    DOCUMENT,
    text.replace(SECTION, () => `${section}\n`),
  )
}

/** Prints one history as JSONL, and what is true of it and what the checker says. */
function show(seed: number, number: number): void {
  const planted = plantedAt(seed, number)
  if (planted === undefined) throw new Error(`history ${number} was left out: its defect found no place`)
  for (const record of recordsOf(planted.run, 'versions')) console.log(JSON.stringify(record))
  const truth = truthOf(planted.run)
  console.error(`defect: ${planted.defect?.name ?? 'none'}`)
  for (const layer of LAYERS) {
    const { verdict, violations } = judge(recordsOf(planted.run, layer), {
      requireAudit: layer !== 'history',
    })
    console.error(`${layer}: ${truth[layer]}, and the checker says ${verdict}`)
    for (const { rule, message } of violations) console.error(`  ${rule}: ${message}`)
  }
}

function whole(text: string, option: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0)
    throw new Error(`--${option} must be a whole number, not "${text}"`)
  return value
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      histories: { type: 'string', default: HISTORIES_DEFAULT },
      legal: { type: 'string', default: LEGAL_DEFAULT },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
      publish: { type: 'boolean', default: false },
      show: { type: 'string' },
    },
  })
  const seed = whole(values.seed, 'seed')
  if (values.show !== undefined) {
    show(seed, whole(values.show, 'show'))
    return
  }
  const order = { seed, histories: whole(values.histories, 'histories'), legal: whole(values.legal, 'legal') }
  const tally = await measured(order)
  const problems = problemsOf(tally)
  console.log(
    'Missed of illegal, in percent with the 95% interval; false alarms on legal ones, all layers together.\n',
  )
  console.log(`${asText(rowsOf(tally))}\n`)
  for (const sentence of sentences(tally, order)) console.log(sentence)
  for (const problem of problems) console.log(`FAILED: ${problem}`)
  for (const { number, className, layer, what } of tally.examples) {
    console.log(`  history ${number} (${className}, ${layer}): ${what}`)
  }
  if (values.json !== undefined) {
    const classes = Object.fromEntries(tally.classes)
    const json = { ...order, date: new Date().toISOString(), ...tally, classes, problems }
    await writeFile(values.json, `${JSON.stringify(json, null, 2)}\n`)
  }
  if (values.publish) await publish(tally, order)
  if (problems.length > 0) process.exitCode = 1
}

await main()
