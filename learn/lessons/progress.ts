/**
 * What a reader has predicted, and which exercises passed: one small file of JSON, by default
 * `holdfast-progress.json` in the folder where the command is run, so that it can be handed in or deleted.
 */
import { existsSync, readFileSync } from 'node:fs'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { saveWhole } from '../../harness/save.ts'

export const PROGRESS_FILE = 'holdfast-progress.json'
const FORMAT = 1

interface PredictionMade {
  readonly letter: string
  /** When, as ISO 8601. */
  readonly at: string
}

interface ExerciseTried {
  readonly tries: number
  readonly hints: number
  /** When it first passed, as ISO 8601. */
  readonly passedAt?: string
}

/** By the number of the lesson. */
export interface Progress {
  readonly format: typeof FORMAT
  readonly predictions: Readonly<Record<string, PredictionMade>>
  readonly exercises: Readonly<Record<string, ExerciseTried>>
}

/** Empty if there is no such file. Throws a `UsageError` for one that is something else. */
export function readProgress(file: string): Progress {
  if (!existsSync(file)) return { format: FORMAT, predictions: {}, exercises: {} }
  let found: unknown
  try {
    found = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new UsageError(
      `${file} cannot be read as progress: move it away, or name another --progress file`,
      {
        cause,
      },
    )
  }
  if (isProgress(found)) return found
  throw new UsageError(`${file} is no file of progress: move it away, or name another --progress file`)
}

function isProgress(found: unknown): found is Progress {
  if (!isObject(found)) return false
  const { format, predictions, exercises } = found
  return format === FORMAT && isRecord(predictions) && isRecord(exercises)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && Object.values(value).every((each) => isObject(each))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

export async function keepPrediction(file: string, lesson: number, letter: string): Promise<void> {
  const progress = readProgress(file)
  await save(file, {
    ...progress,
    predictions: { ...progress.predictions, [lesson]: { letter, at: new Date().toISOString() } },
  })
}

/** Counts a try or a hint of an exercise; the first pass stays. */
export async function keepTry(
  file: string,
  lesson: number,
  what: { readonly tries?: number; readonly hints?: number; readonly hasPassed?: boolean },
): Promise<void> {
  const progress = readProgress(file)
  const before = progress.exercises[lesson] ?? { tries: 0, hints: 0 }
  const passedAt = before.passedAt ?? (what.hasPassed === true ? new Date().toISOString() : undefined)
  const after: ExerciseTried = {
    tries: before.tries + (what.tries ?? 0),
    hints: before.hints + (what.hints ?? 0),
    ...(passedAt !== undefined && { passedAt }),
  }
  await save(file, { ...progress, exercises: { ...progress.exercises, [lesson]: after } })
}

async function save(file: string, progress: Progress): Promise<void> {
  await saveWhole(file, `${JSON.stringify(progress, undefined, 2)}\n`)
}
