/** One study, from the names to the exit code. */
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { type Experiment, QUICK, type Scale, STUDY } from '../../experiments/experiment.ts'
import { experiments } from '../../experiments/registry.ts'
import { resultsFileOf, saveExperiment, storedExperiment, writeStudy } from '../../experiments/stored.ts'
import { durabilitiesOf, experimentMs, runExperiment, studyPlan } from '../../experiments/study.ts'
import { commitOfCheckout } from '../../harness/compare/machine.ts'
import type { Durability } from '../../harness/engines/engine.ts'
import { controlEntry } from '../../harness/entries/control.ts'
import { unknownName } from '../../harness/entries/did-you-mean.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { counted, formatSpan } from '../../harness/report/format.ts'
import type { Results } from '../../harness/results/results.ts'
import { makeFolder } from '../../harness/save.ts'
import { parseWhole, SEED } from '../arguments.ts'
import { type Context, quoted, stacksWanted } from '../context.ts'
import { type Ending, listenForEnding } from '../ending.ts'
import { openFor } from '../engines.ts'
import { EXIT, EXIT_BY_SIGNAL } from '../exit-codes.ts'
import { printNotProven } from '../not-proven.ts'
import { refuseUnwritable } from '../options.ts'
import { progressTo } from '../progress.ts'

export interface StudyOptions {
  readonly quick?: true
  readonly again?: true
  readonly seed?: string
  readonly out?: string
}

/** The same in every run, so that a run goes on where an interrupted one was, and two can be compared. */
const SEED_DEFAULT = 17
const FOLDERS = { study: 'results/study', quick: 'results/study-quick' } as const
const PARTS = 'parts'

interface Study {
  readonly scale: Scale
  readonly seed: number
  readonly folder: string
  readonly context: Context
  readonly ending: Ending
  readonly command: string
}

/** One plan to be run: an experiment under one durability. */
interface Part {
  readonly experiment: Experiment
  readonly durability: Durability
}

export async function runStudy(
  names: readonly string[],
  options: StudyOptions,
  context: Context,
): Promise<void> {
  const { out, err } = context.output
  const chosen = experimentsNamed(names)
  const folder = options.out ?? (options.quick ? FOLDERS.quick : FOLDERS.study)
  const seed = options.seed === undefined ? SEED_DEFAULT : parseWhole(options.seed, '--seed', SEED)
  await refuseUnwritable(folder)
  using ending = listenForEnding((signal) =>
    err.write(`\n${signal}: stopping; run the same command again to go on\n`),
  )
  const study: Study = {
    scale: options.quick ? QUICK : STUDY,
    seed,
    folder,
    context,
    ending,
    command: ['holdfast', 'study', ...names, ...(options.quick ? ['--quick'] : []), '--seed', String(seed)]
      .map(quoted)
      .join(' '),
  }
  const parts = await partsToRun(chosen, study, options)
  const results = await runParts(parts, study)
  const page = await writeStudy(folder, { isQuick: options.quick === true })
  for (const experiment of new Set(parts.map((part) => part.experiment))) {
    const data = await storedExperiment(experiment, folder)
    if (data !== undefined) out.write(`\n${experiment.question}\n  ${experiment.answer(data)}\n`)
  }
  out.write(`\nWritten: ${page}\n`)
  const missing = results.flatMap(({ notProven }) => notProven)
  printNotProven(out, [...new Map(missing.map((each) => [each.strategy, each])).values()])
  const cause = ending.cause()
  const isConvicted = results.some(({ trials }) => trials.some((trial) => !trial.asPromised))
  const code = isConvicted
    ? EXIT.convicted
    : results.every(({ control }) => control.caught)
      ? EXIT.asPromised
      : EXIT.notProven
  context.finish(cause === undefined ? code : EXIT_BY_SIGNAL[cause])
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
): Promise<readonly Part[]> {
  const { err } = context.output
  const parts: Part[] = []
  for (const experiment of chosen) {
    if (!again && (await storedExperiment(experiment, folder)) !== undefined) {
      err.write(`${experiment.name} is complete: --again runs it again\n`)
      continue
    }
    parts.push(...durabilitiesOf(experiment).map((durability) => ({ experiment, durability })))
  }
  const different = [...new Set(parts.map(({ experiment }) => experiment))]
  const ms = different.reduce((sum, experiment) => sum + experimentMs(experiment, scale), 0)
  if (parts.length > 0) err.write(`${counted(parts.length, 'run')}, about ${formatSpan(ms)}\n`)
  // Engines are opened once for each durability.
  return parts.toSorted((one, other) => rankOf(one.durability) - rankOf(other.durability))
}

function rankOf(durability: Durability): number {
  return durability === 'durable' ? 0 : 1
}

async function runParts(parts: readonly Part[], study: Study): Promise<readonly Results[]> {
  const all: Results[] = []
  for (const [durability, same] of Map.groupBy(parts, (part) => part.durability)) {
    if (study.ending.signal.aborted) break
    all.push(...(await runWith(durability, same, { study, before: all.length, of: parts.length })))
  }
  return all
}

/** Every part of one durability, on the same engines. */
async function runWith(
  durability: Durability,
  parts: readonly Part[],
  { study, before, of }: { readonly study: Study; readonly before: number; readonly of: number },
): Promise<readonly Results[]> {
  const { scale, seed, folder, context, ending, command } = study
  const { err } = context.output
  const entries = parts.flatMap(({ experiment }) => studyPlan(experiment, scale, seed).strategies)
  await using opened = await openFor([controlEntry(), ...entries], { durability }, context, ending.signal)
  const signal = AbortSignal.any([ending.signal, opened.lost])
  const commit = await commitOfCheckout()
  await makeFolder(path.join(folder, PARTS))
  const all: Results[] = []
  for (const [at, { experiment }] of parts.entries()) {
    if (signal.aborted) break
    const plan = studyPlan(experiment, scale, seed)
    const ms = experimentMs(experiment, scale) / durabilitiesOf(experiment).length
    err.write(
      `\n[${before + at + 1}/${of}] ${experiment.name}, ${durability}, about ${formatSpan(ms)}: ${experiment.question}\n`,
    )
    const progress = progressTo(err, plan, { stacks: stacksWanted(context.env) })
    const keepIn = path.join(folder, PARTS, `${resultsFileOf(experiment, durability)}l`)
    const onEvent = progress.onEvent.bind(progress)
    const parts = { opened, seed, scale, keepIn, commit, command, signal, onEvent }
    const results = await runExperiment(experiment, parts).finally(() => progress.end())
    opened.lost.throwIfAborted()
    if (results.interrupted) break
    await saveExperiment(experiment, { folder, durability }, results)
    await rm(keepIn, { force: true })
    all.push(results)
  }
  return all
}
