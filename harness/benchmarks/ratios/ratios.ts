/**
 * Whether anything has become half as fast, by ratios alone: each compares two sides that take turns in this
 * run, so that neither the machine nor what else it does decides.
 *
 *     npm run bench:ratios [-- --keep]
 *
 * - Each PostgreSQL strategy that sends one hold at a time, and its own statements sent by pg alone.
 * - The scripts and commands on Redis, and the smallest script that takes a unit.
 * - Batched strategies: on PostgreSQL beside the same one without batches, on TigerBeetle beside the client
 *   alone with full requests.
 * - The players of a trial, and a loop that makes the same calls.
 * - The checker, and reading alone.
 *
 * A ratio below `PART_MIN` of the kept one (docs/results/ratios.json) is measured once more; if it is still
 * below, the command ends with 1 and a sentence for each. `--keep` keeps what was measured instead. Takes two
 * to three minutes, and ends after ten.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { monotonicMs } from '../../clock.ts'
import { describeEngines, type Engines, openEngines } from '../../engines/open.ts'
import { compared } from '../harness.ts'
import { machineLine } from '../in-turn.ts'
import { entriesFor, measuredCells, ratioOf } from '../limits/limits.ts'
import { cellsOf, scriptRatioOf } from '../limits/redis.ts'
import { batchedRatio } from './batched.ts'
import { checkerRatios } from './checker.ts'
import { fullBatchesRatio } from './full-batches.ts'
import { complaintsAbout, type KeptRatios, type Ratios } from './kept.ts'

const KEPT = join(import.meta.dirname, '../../../docs/results/ratios.json')
const DEADLINE_MS = 10 * 60_000
const SPREAD = { name: '32 callers, 200 rows', callers: 32, rows: 200 } as const
const SCRIPTS = { callers: 32, floor: 0 } as const

/** A group of ratios that are measured together. */
type Measurement = () => Promise<Ratios>

function measurements(engines: Engines, endMs: number): readonly Measurement[] {
  return [
    async () => {
      const cells = await measuredCells(entriesFor([]), engines, { loads: [SPREAD], endMs })
      return named(
        cells.map((cell) => [`${cell.bench.entry.name} of pg alone, ${SPREAD.name}`, ratioOf(cell)]),
      )
    },
    async () => {
      const [cell] = await cellsOf('none', { loads: [SCRIPTS], endMs, log: () => undefined })
      if (cell === undefined) return {}
      const sides = ['redis-lua', 'redis-hash-fields'].filter((name) => cell.reached.has(name))
      return named(
        sides.map((name) => [
          `${name} of the smallest script, ${SCRIPTS.callers} callers`,
          scriptRatioOf(cell, name),
        ]),
      )
    },
    async () => {
      const single = 'postgres-conditional-update'
      return { [`${single}-batched of one at a time, 512 callers`]: await batchedRatio(single, engines) }
    },
    async () => ({
      'tigerbeetle-pending-transfer-batched of the client alone, 512 callers':
        await fullBatchesRatio(engines),
    }),
    async () => ({ 'a loop of the players of a trial, processor time': (await compared()).ratio }),
    async () => {
      const { whole, windows } = checkerRatios()
      return {
        'reading of judging a history, processor time': whole,
        'reading of judging a history in windows, processor time': windows,
      }
    },
  ]
}

function named(pairs: readonly (readonly [string, number])[]): Ratios {
  return Object.fromEntries(pairs)
}

async function benchmark(keeps: boolean): Promise<void> {
  const started = monotonicMs()
  const endMs = started + DEADLINE_MS
  await using opened = await openEngines(['postgres', 'tigerbeetle'], {
    durability: 'durable',
    log: (line) => console.log(line),
  })
  const { engines, missing } = opened
  const [gone] = missing
  if (gone !== undefined) throw new Error(`${gone.name}: NOT PROVEN: ${gone.why}. To fix it: ${gone.remedy}`)
  const about = [await machineLine(), ...describeEngines(engines).map((line) => `engine       ${line}`)]
  for (const line of about) console.log(line)
  const kept = await keptRatios()
  const ratios: Record<string, number> = {}
  for (const measure of measurements(engines, endMs)) {
    const first = await measure()
    // Few rounds on a busy machine may say anything: what fell is measured once more.
    const isLow = !keeps && complaintsAbout(kept, first).some(({ kind }) => kind === 'fell')
    const second = isLow ? await measure() : {}
    for (const [name, ratio] of Object.entries(first)) {
      const best = Math.max(ratio, second[name] ?? 0)
      ratios[name] = best
      console.log(
        `${best.toFixed(3).padStart(8)}  ${name}${kept[name] === undefined ? '' : ` (kept: ${kept[name]})`}`,
      )
    }
  }
  console.log(`took ${((monotonicMs() - started) / 1_000).toFixed(0)} s`)
  if (keeps) await keep({ measured: about, ratios })
  else report(complaintsAbout(kept, ratios))
}

async function keptRatios(): Promise<Ratios> {
  const text = await readFile(KEPT, 'utf8').catch(() => undefined)
  return text === undefined ? {} : (JSON.parse(text) as KeptRatios).ratios
}

async function keep({ measured, ratios }: KeptRatios): Promise<void> {
  const rounded = named(Object.entries(ratios).map(([name, ratio]) => [name, Number(ratio.toFixed(3))]))
  await writeFile(KEPT, `${JSON.stringify({ measured, ratios: rounded }, undefined, 2)}\n`)
  console.log(`kept in ${KEPT}`)
}

function report(complaints: ReturnType<typeof complaintsAbout>): void {
  for (const { message, kind } of complaints) (kind === 'rose' ? console.log : console.error)(message)
  if (complaints.some(({ kind }) => kind !== 'rose')) process.exitCode = 1
}

if (import.meta.main) await benchmark(process.argv.includes('--keep'))
