/**
 * Measures the time and memory that the checker needs for a million operations, from the file to the verdict.
 *
 *     npm run bench:checker -- [operations] [whole | windows]
 *
 * Writes a legal history to a temporary folder, as JSONL and in the binary format, reads and judges each in a
 * new process, and removes it. JSONL is left out above 5 million operations, whose audit is more than a line
 * may have. Ends with 1 above a budget. Long histories are judged in windows, as by `holdfast check`, unless
 * it is said how.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HistoryJudge } from '../checker/judge.ts'
import type { Verdict } from '../checker/verdict.ts'
import { isLong } from '../checker/windows/long.ts'
import { judgeInWindows } from '../checker/windows/windowed-judge.ts'
import { type HistoryEncoding, readParts, writeHistory } from '../history/files.ts'
import { legalHistory } from './legal-history.ts'
import { writeLongFile } from './long-file.ts'

const MILLION = 1_000_000
/**
 * For each million, of processor time, so that other programs do not count; garbage collection does. Short
 * histories have one second more, for the start and for code that is not compiled yet.
 */
const SECONDS_BUDGET = 1.5
const SECONDS_TO_START = 1
/** For each million, and for whatever the length. */
const MEMORY_BUDGET_MIB = 200
const MEMORY_TO_START_MIB = 200
const ENCODINGS: readonly HistoryEncoding[] = ['jsonl', 'binary']
/** In windows, memory grows by the ids alone, of which half as many as operations. */
const WINDOWS_MEMORY_BUDGET_MIB = 14
const WINDOWS_MEMORY_TO_START_MIB = 500
/** Longer histories are only kept in the binary encoding. */
const JSONL_MAX = 5 * MILLION

/**
 * A record becomes garbage as soon as it has been put into columns, so a small young generation is enough;
 * the default one grows until it holds more than a hundred megabytes of them.
 */
const YOUNG_GENERATION = '--max-semi-space-size=4'

type Way = 'whole' | 'windows'

async function readAndJudge(path: string, way: Way, operationsExpected: number): Promise<void> {
  const started = performance.now()
  const verdict =
    way === 'whole'
      ? await judgedWhole(path)
      : await judgeInWindows(() => readParts(path), { operationsExpected, cutBy: thrown })
  const seconds = (performance.now() - started) / 1_000
  const { user, system } = process.cpuUsage()
  const processorSeconds = (user + system) / 1_000_000
  const memoryMiB = process.resourceUsage().maxRSS / 1_024
  console.log(`verdict      ${verdict.verdict} (${verdict.violationsTotal} violations), ${way}`)
  for (const { rule, message } of verdict.violations.slice(0, 3))
    console.log(`             ${rule}: ${message}`)
  for (const reason of verdict.reasons) console.log(`             ${reason}`)
  console.log(`operations   ${verdict.operations}`)
  console.log(`total        ${seconds.toFixed(2)} s`)
  const millions = verdict.operations / MILLION
  const secondsMax = SECONDS_TO_START + SECONDS_BUDGET * millions
  const memoryMax =
    way === 'whole'
      ? MEMORY_TO_START_MIB + MEMORY_BUDGET_MIB * millions
      : WINDOWS_MEMORY_TO_START_MIB + WINDOWS_MEMORY_BUDGET_MIB * millions
  console.log(`processor    ${processorSeconds.toFixed(2)} s (budget ${secondsMax.toFixed(1)} s)`)
  console.log(`peak memory  ${memoryMiB.toFixed(0)} MiB (budget ${memoryMax.toFixed(0)} MiB)`)
  const withinBudget = processorSeconds <= secondsMax && memoryMiB <= memoryMax
  if (verdict.verdict !== 'valid' || !withinBudget) process.exitCode = 1
}

async function judgedWhole(path: string): Promise<Verdict> {
  const history = new HistoryJudge()
  for await (const part of readParts(path)) history.addPart(part)
  return history.verdict()
}

function thrown(error: unknown): never {
  throw error
}

async function benchmark(operations: number, way: Way): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-benchmark-'))
  try {
    for (const encoding of ENCODINGS) {
      if (encoding === 'jsonl' && operations > JSONL_MAX) continue
      const path = join(folder, encoding)
      if (encoding === 'binary') writeLongFile(path, operations)
      else await writeHistory(path, legalHistory(operations), { encoding })
      console.log(`history      ${((await stat(path)).size / 2 ** 20).toFixed(0)} MiB, ${encoding}`)
      const judgeArguments = [
        YOUNG_GENERATION,
        fileURLToPath(import.meta.url),
        '--judge',
        path,
        way,
        operations,
      ]
      const child = spawn(process.execPath, judgeArguments.map(String), { stdio: 'inherit' })
      const [code] = await once(child, 'exit')
      await rm(path)
      if (code !== 0) process.exitCode = Number(code ?? 1)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const [first, second, third, fourth] = process.argv.slice(2)
  if (first === '--judge' && second !== undefined) {
    await readAndJudge(second, third === 'windows' ? 'windows' : 'whole', Number(fourth))
  } else {
    const operations = Number(first ?? MILLION)
    const usual = isLong(operations) ? 'windows' : 'whole'
    await benchmark(operations, second === 'whole' || second === 'windows' ? second : usual)
  }
}
