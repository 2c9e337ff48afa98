/**
 * Measures how much the checker misses, by class and layer, and whether it ever convicts a legal history.
 *
 *     npm run bench:misses -- [--histories n] [--legal n] [--seed n] [--json file] [--publish] [--from file]
 *     npm run bench:misses -- [--seed n] --show number [--extra]
 *
 * Makes histories from the seed, decides each by trying every order of its events, and gives it to the
 * checker. Half of them have a planted defect. `--legal` adds this many legal ones, which are not searched.
 * Fails if a legal history is convicted, if an oversell is missed, or if a class is missed more often than
 * its published ceiling allows. `--publish` writes the tables into the document; `--from` takes what `--json`
 * wrote instead of measuring. `--show` prints one history, `--extra` one of the extra legal ones.
 *
 * Takes about a minute on two cores.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { judge } from '../../checker/judge.ts'
import { problemsOf } from './ceilings.ts'
import { type MeasurementOrder, publish, sentences } from './document.ts'
import { LAYERS, recordsOf } from './layers.ts'
import { legalAt, type Planted, plantedAt } from './plant.ts'
import { asText, rowsOf } from './table.ts'
import { addTally, emptyTally, type Tally } from './tally.ts'
import { truthOf } from './truth.ts'
import { measureAll } from './workers.ts'

const HISTORIES_DEFAULT = '100000'
const LEGAL_DEFAULT = '50000'
const THREADS_MAX = 8

/** What `--json` writes: the tally with its map as an object, and what it was made of. */
interface Measurement extends MeasurementOrder {
  readonly date: string
  readonly tally: Tally
}

async function measured({ seed, histories, legal }: MeasurementOrder): Promise<Tally> {
  const threads = Math.min(THREADS_MAX, availableParallelism())
  const tally = emptyTally()
  addTally(tally, await measureAll({ seed, legalOnly: false }, histories, threads))
  addTally(tally, await measureAll({ seed, legalOnly: true }, legal, threads))
  return tally
}

async function readMeasurement(path: string): Promise<Measurement> {
  const { classes, examples, skipped, ...order } = JSON.parse(await readFile(path, 'utf8'))
  return { ...order, tally: { classes: new Map(Object.entries(classes)), examples, skipped } }
}

async function writeMeasurement(path: string, { tally, ...order }: Measurement): Promise<void> {
  const json = { ...order, ...tally, classes: Object.fromEntries(tally.classes), problems: problemsOf(tally) }
  await writeFile(path, `${JSON.stringify(json, null, 2)}\n`)
}

/** Prints one history as JSONL, with the truth and the checker's verdict. */
function show(seed: number, number: number, extra: boolean): void {
  const planted: Planted | undefined = extra ? { run: legalAt(seed, number) } : plantedAt(seed, number)
  if (planted === undefined) throw new Error(`history ${number} was left out: its defect found no place`)
  for (const record of recordsOf(planted.run, 'versions')) console.log(JSON.stringify(record))
  const truth = truthOf(planted.run)
  console.error(`defect: ${planted.defect?.name ?? 'none'}`)
  for (const layer of LAYERS) {
    const records = recordsOf(planted.run, layer)
    const { verdict, violations } = judge(records, { requireAudit: layer !== 'history' })
    console.error(`${layer}: ${truth[layer]}, and the checker says ${verdict}`)
    for (const { rule, message } of violations) console.error(`  ${rule}: ${message}`)
  }
}

/** Prints the results, and returns whether they pass. */
function report({ tally, ...order }: Measurement): boolean {
  const problems = problemsOf(tally)
  console.log('Missed of illegal, with the 95% interval; false alarms of legal ones, all layers together.\n')
  console.log(`${asText(rowsOf(tally))}\n`)
  for (const sentence of sentences(tally, order)) console.log(sentence)
  for (const problem of problems) console.log(`FAILED: ${problem}`)
  for (const { number, extra, className, layer, what } of tally.examples) {
    const shown = `--seed ${order.seed} --show ${number}${extra ? ' --extra' : ''}`
    console.log(`  ${what}: ${className}, ${layer}: ${shown}`)
  }
  return problems.length === 0
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
      from: { type: 'string' },
      show: { type: 'string' },
      extra: { type: 'boolean', default: false },
    },
  })
  const seed = whole(values.seed, 'seed')
  if (values.show !== undefined) {
    show(seed, whole(values.show, 'show'), values.extra)
    return
  }
  const order = { seed, histories: whole(values.histories, 'histories'), legal: whole(values.legal, 'legal') }
  const measurement =
    values.from === undefined
      ? { ...order, date: new Date().toISOString(), tally: await measured(order) }
      : await readMeasurement(values.from)
  if (!report(measurement)) process.exitCode = 1
  if (values.json !== undefined) await writeMeasurement(values.json, measurement)
  if (values.publish) await publish(measurement.tally, measurement, measurement.date)
}

await main()
