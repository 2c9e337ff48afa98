/**
 * Measures the time and memory that the checker needs for a million operations, from the file to the verdict.
 *
 *     npm run bench:checker -- [operations]
 *
 * Writes a legal history to a temporary folder, reads and judges it in a new process, and removes it.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HistoryJudge } from '../checker/judge.ts'
import { readHistory, writeHistory } from '../history/jsonl.ts'
import { legalHistory } from './legal-history.ts'

const OPERATIONS_DEFAULT = 1_000_000
/** Processor time, so that other programs do not count; start-up and garbage collection do. */
const OPERATIONS_BUDGET_SECONDS = 5
const MEMORY_BUDGET_MIB = 512

/**
 * A record becomes garbage as soon as it has been put into columns, so a small young generation is enough;
 * the default one grows until it holds more than a hundred megabytes of them.
 */
const YOUNG_GENERATION = '--max-semi-space-size=4'

async function readAndJudge(path: string): Promise<void> {
  const started = performance.now()
  const history = new HistoryJudge()
  for await (const record of readHistory(path)) history.add(record)
  const read = performance.now()
  const verdict = history.verdict()
  const judged = performance.now()
  const seconds = (judged - started) / 1_000
  const { user, system } = process.cpuUsage()
  const processorSeconds = (user + system) / 1_000_000
  const memoryMiB = process.resourceUsage().maxRSS / 1_024
  console.log(`verdict      ${verdict.verdict} (${verdict.violationsTotal} violations)`)
  for (const { rule, message } of verdict.violations.slice(0, 3))
    console.log(`             ${rule}: ${message}`)
  console.log(`operations   ${verdict.operations}`)
  console.log(`read         ${((read - started) / 1_000).toFixed(2)} s`)
  console.log(`judge        ${((judged - read) / 1_000).toFixed(2)} s`)
  console.log(`total        ${seconds.toFixed(2)} s`)
  console.log(`processor    ${processorSeconds.toFixed(2)} s (budget ${OPERATIONS_BUDGET_SECONDS} s)`)
  console.log(`peak memory  ${memoryMiB.toFixed(0)} MiB (budget ${MEMORY_BUDGET_MIB} MiB)`)
  const withinBudget = processorSeconds <= OPERATIONS_BUDGET_SECONDS && memoryMiB <= MEMORY_BUDGET_MIB
  if (verdict.verdict !== 'valid' || !withinBudget) process.exitCode = 1
}

async function benchmark(operations: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-benchmark-'))
  try {
    const path = join(folder, 'history.jsonl')
    await writeHistory(path, legalHistory(operations))
    console.log(`history      ${((await stat(path)).size / 2 ** 20).toFixed(0)} MiB`)
    const judgeArguments = [YOUNG_GENERATION, fileURLToPath(import.meta.url), '--judge', path]
    const child = spawn(process.execPath, judgeArguments, { stdio: 'inherit' })
    const [code] = await once(child, 'exit')
    process.exitCode = Number(code ?? 1)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const [first, path] = process.argv.slice(2)
  if (first === '--judge' && path !== undefined) await readAndJudge(path)
  else await benchmark(Number(first ?? OPERATIONS_DEFAULT))
}
