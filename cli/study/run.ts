/** One study, from the names to the exit code. */
import { type Experiment, QUICK, STUDY } from '../../experiments/experiment.ts'
import { experiments } from '../../experiments/registry.ts'
import { storedExperiment, storedRun, writeStudy } from '../../experiments/stored.ts'
import { answerOf, type Failure } from '../../experiments/studied.ts'
import { experimentMs, partsOf, type StudyPart, studyPlan } from '../../experiments/study.ts'
import type { Durability } from '../../harness/engines/engine.ts'
import { controlEntry } from '../../harness/entries/control.ts'
import { unknownName } from '../../harness/entries/did-you-mean.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { counted, formatSpan } from '../../harness/report/format.ts'
import type { Results } from '../../harness/results/results.ts'
import { ofShard } from '../../harness/results/shard.ts'
import { type Bounds, parseDurationMs, parseShard, parseWhole, SEED } from '../arguments.ts'
import { type Context, quoted } from '../context.ts'
import { listenForEnding } from '../ending.ts'
import { refuseUnreadable } from '../engines.ts'
import { type EndingSignal, EXIT, EXIT_BY_SIGNAL } from '../exit-codes.ts'
import { printNotProven } from '../not-proven.ts'
import { refuseUnwritable } from '../options.ts'
import { runParts, type Study } from './parts.ts'

export interface StudyOptions {
  readonly quick?: true
  readonly again?: true
  readonly seed?: string
  readonly out?: string
  readonly limit?: string
  readonly shard?: string
}

/** The same in every run, so that a run goes on where an interrupted one was, and two can be compared. */
const SEED_DEFAULT = 17
/** Longer than the study takes on two cores. */
export const LIMIT_DEFAULT = '40m'
const LIMIT_MS: Bounds = { min: 1_000, max: 24 * 60 * 60_000 }
const FOLDERS = { study: 'results/study', quick: 'results/study-quick' } as const

export async function runStudy(
  names: readonly string[],
  options: StudyOptions,
  context: Context,
): Promise<void> {
  const { out, err } = context.output
  const shard = parseShard(options.shard)
  const chosen = ofShard(experimentsNamed(names), shard)
  if (chosen.length === 0) throw new UsageError('--shard: there are fewer experiments than shards')
  const folder = options.out ?? (options.quick ? FOLDERS.quick : FOLDERS.study)
  const seed = options.seed === undefined ? SEED_DEFAULT : parseWhole(options.seed, '--seed', SEED)
  const scale = options.quick ? QUICK : STUDY
  const entries = chosen.flatMap((experiment) => studyPlan(experiment, scale, seed).strategies)
  await refuseUnreadable([controlEntry(), ...entries], context)
  await refuseUnwritable(folder)
  using ending = listenForEnding((signal) =>
    err.write(`\n${signal}: stopping; run the same command again to go on\n`),
  )
  const limitMs = parseDurationMs(options.limit ?? LIMIT_DEFAULT, '--limit', LIMIT_MS)
  using over = overAfter(limitMs, () =>
    err.write(`\n${formatSpan(limitMs)} are over: stopping; run the same command again to go on\n`),
  )
  const study: Study = {
    scale,
    seed,
    folder,
    context,
    signal: AbortSignal.any([ending.signal, over.signal]),
    command: ['holdfast', 'study', ...names, ...(options.quick ? ['--quick'] : []), '--seed', String(seed)]
      .map(quoted)
      .join(' '),
  }
  const parts = await partsToRun(chosen, study, options)
  const { results, failures } = await runParts(parts, study)
  const page = await writeStudy(folder, { isQuick: options.quick === true, failures })
  for (const experiment of new Set(parts.map((part) => part.experiment))) {
    const data = await storedExperiment(experiment, folder)
    if (data !== undefined) out.write(`\n${experiment.question}\n  ${answerOf(experiment, data)}\n`)
  }
  out.write(`\nWritten: ${page}\n`)
  for (const { experiment, why } of failures) out.write(`${experiment.name} has no answer: ${why}\n`)
  const missing = results.flatMap(({ notProven }) => notProven)
  printNotProven(out, [...new Map(missing.map((each) => [each.strategy, each])).values()])
  context.finish(codeOf(results, failures, ending.cause()))
}

function codeOf(
  results: readonly Results[],
  failures: readonly Failure[],
  cause: EndingSignal | undefined,
): number {
  if (cause !== undefined) return EXIT_BY_SIGNAL[cause]
  if (results.some(({ trials }) => trials.some((trial) => !trial.asPromised))) return EXIT.convicted
  const isProven = failures.length === 0 && results.every(({ control }) => control.caught)
  return isProven ? EXIT.asPromised : EXIT.notProven
}

function experimentsNamed(names: readonly string[]): readonly Experiment[] {
  const known = experiments.map(({ name }) => name)
  const stray = names.find((name) => !known.includes(name))
  if (stray !== undefined) throw new UsageError(unknownName('experiment', stray, known))
  return experiments.filter(({ name }) => names.length === 0 || names.includes(name))
}

/** What is complete is not run again, unless it was asked for. */
async function partsToRun(
  chosen: readonly Experiment[],
  { folder, scale, context }: Study,
  { again }: StudyOptions,
): Promise<readonly StudyPart[]> {
  const { err } = context.output
  const parts: StudyPart[] = []
  for (const experiment of chosen) {
    const open: StudyPart[] = []
    for (const part of partsOf(experiment)) {
      const isDone = !again && (await storedRun(part, folder)) !== undefined
      if (!isDone) open.push(part)
    }
    if (open.length === 0) err.write(`${experiment.name} is complete: --again runs it again\n`)
    parts.push(...open)
  }
  const ms = parts.reduce(
    (sum, { experiment }) => sum + experimentMs(experiment, scale) / partsOf(experiment).length,
    0,
  )
  if (parts.length > 0) err.write(`${counted(parts.length, 'run')}, about ${formatSpan(ms)}\n`)
  // Engines are opened once for each durability and setup.
  return parts.toSorted(
    (one, other) =>
      rankOf(one.durability) - rankOf(other.durability) || one.setup.name.localeCompare(other.setup.name),
  )
}

function rankOf(durability: Durability): number {
  return durability === 'durable' ? 0 : 1
}

/** A limit of the whole study: it may run where nobody watches. */
function overAfter(ms: number, onOver: () => void): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const timer = setTimeout(() => {
    onOver()
    controller.abort(new Error('the study was limited in time'))
  }, ms)
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) }
}
