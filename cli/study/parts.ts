/**
 * The experiments of one study, one after another. None stops those after it: what fails has no answer, and
 * the study says why.
 */
import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { Scale } from '../../experiments/experiment.ts'
import { resultsFileOf, saveExperiment } from '../../experiments/stored.ts'
import type { Failure } from '../../experiments/studied.ts'
import { experimentMs, partsOf, runExperiment, type StudyPart, studyPlan } from '../../experiments/study.ts'
import { commitOfCheckout } from '../../harness/compare/machine.ts'
import type { CompareEvent } from '../../harness/compare/parts.ts'
import type { OpenedEngines } from '../../harness/engines/open.ts'
import { controlEntry } from '../../harness/entries/control.ts'
import { oneLine, reasonOf } from '../../harness/errors.ts'
import { formatSpan } from '../../harness/report/format.ts'
import type { Results } from '../../harness/results/results.ts'
import { makeFolder } from '../../harness/save.ts'
import { type Context, stacksWanted } from '../context.ts'
import { openFor } from '../engines.ts'
import { progressTo } from '../progress.ts'

const PARTS = 'parts'

export interface Study {
  readonly scale: Scale
  readonly seed: number
  readonly folder: string
  readonly context: Context
  /** Ends the study; what was measured is kept. */
  readonly signal: AbortSignal
  readonly command: string
}

interface Outcome {
  readonly results: readonly Results[]
  readonly failures: readonly Failure[]
}

/** In this order. Rejects for nothing that goes wrong in one of them. */
export async function runParts(parts: readonly StudyPart[], study: Study): Promise<Outcome> {
  const results: Results[] = []
  const failures: Failure[] = []
  let engines: EnginesOfPart | undefined
  try {
    for (const [at, part] of parts.entries()) {
      if (study.signal.aborted) {
        failures.push(...parts.slice(at).map(({ experiment }) => ({ experiment, why: NO_TIME })))
        break
      }
      const place = `[${at + 1}/${parts.length}]`
      try {
        // Engines are opened once for each durability and setup, and again after anything failed on them.
        if (engines === undefined || !isAlike(engines.of, part) || engines.isDoubtful) {
          await close(engines, study)
          engines = undefined
          engines = await openedFor(parts.slice(at), part, study)
        }
        const run = await runPart(part, engines, { study, place })
        if (run === undefined) failures.push({ experiment: part.experiment, why: NO_TIME })
        else results.push(run)
      } catch (error) {
        if (engines !== undefined) engines.isDoubtful = true
        const why = oneLine(reasonOf(error))
        failures.push({ experiment: part.experiment, why })
        study.context.output.err.write(`${part.experiment.name} failed: ${why}\n`)
      }
    }
  } finally {
    await close(engines, study)
  }
  return { results, failures }
}

const NO_TIME = 'the study was ended before it was complete'

interface EnginesOfPart {
  readonly of: StudyPart
  readonly opened: OpenedEngines
  /** Whether something failed on them. */
  isDoubtful: boolean
}

/** Whether both run on the same engines. */
function isAlike(one: StudyPart, other: StudyPart): boolean {
  return one.durability === other.durability && one.setup.name === other.setup.name
}

async function openedFor(
  parts: readonly StudyPart[],
  of: StudyPart,
  { scale, seed, context, signal }: Study,
): Promise<EnginesOfPart> {
  const same = parts.filter((part) => isAlike(part, of))
  const entries = same.flatMap(({ experiment }) => studyPlan(experiment, scale, seed).strategies)
  const { durability, setup } = of
  const shaped = { ...context, env: { ...context.env, ...setup.env } }
  const choice = { durability, ...(setup.servers && { servers: setup.servers }) }
  const opened = await openFor([controlEntry(), ...entries], choice, shaped, signal)
  return { of, opened, isDoubtful: false }
}

/** An engine that does not end properly is said, and stops nothing. */
async function close(engines: EnginesOfPart | undefined, { context }: Study): Promise<void> {
  try {
    await engines?.opened[Symbol.asyncDispose]()
  } catch (error) {
    context.output.err.write(`the engines were not closed: ${oneLine(reasonOf(error))}\n`)
  }
}

/** Undefined if it was ended early: its trials are kept, and the next study goes on with them. */
async function runPart(
  part: StudyPart,
  engines: EnginesOfPart,
  { study, place }: { readonly study: Study; readonly place: string },
): Promise<Results | undefined> {
  const { experiment, durability, setup } = part
  const { scale, seed, folder, context, command } = study
  const { err } = context.output
  const { opened } = engines
  await makeFolder(path.join(folder, PARTS))
  const ms = experimentMs(experiment, scale) / partsOf(experiment).length
  const on = setup.name === '' ? durability : `${durability}, ${setup.name}`
  err.write(`\n${place} ${experiment.name}, ${on}, about ${formatSpan(ms)}: ${experiment.question}\n`)
  const progress = progressTo(err, studyPlan(experiment, scale, seed), { stacks: stacksWanted(context.env) })
  const keepIn = path.join(folder, PARTS, `${resultsFileOf(part)}l`)
  const results = await runExperiment(experiment, {
    opened,
    seed,
    scale,
    keepIn,
    commit: await commitOfCheckout(),
    command,
    signal: AbortSignal.any([study.signal, opened.lost]),
    onEvent(event: CompareEvent) {
      if (event.kind === 'strategy-failed') engines.isDoubtful = true
      progress.onEvent(event)
    },
  }).finally(() => progress.end())
  opened.lost.throwIfAborted()
  if (results.interrupted) return undefined
  await saveExperiment(part, folder, results)
  await rm(keepIn, { force: true })
  return results
}
