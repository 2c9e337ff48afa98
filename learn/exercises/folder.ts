/** The folder of an exercise: a strategy, the task, and a small file that says which exercise it is. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { reasonOf } from '../../harness/errors.ts'
import { makeFolder, saveError, saveWhole } from '../../harness/save.ts'

/** `.mts`: a module in any project. */
export const STRATEGY_FILE = 'strategy.mts'
const MARK_FILE = 'exercise.json'
const TASK_FILE = 'README.md'
const FORMAT = 1

export interface ExerciseMark {
  readonly exercise: number
  /** Present if it began with nothing but signatures and comments. */
  readonly isEmpty?: true
  /** How many hints were given. */
  readonly hints: number
  /** How to see what the last grade found; empty before the first. */
  readonly look: string
}

/** All or nothing. Throws a `UsageError` for a folder that is not empty, or is a file. */
export async function writeExercise(
  folder: string,
  began: Pick<ExerciseMark, 'exercise' | 'isEmpty'>,
  texts: { readonly strategy: string; readonly task: string },
): Promise<void> {
  if (folder === '') throw new UsageError('the name of the folder is empty: name another one')
  if (existsSync(folder)) {
    if (!statSync(folder).isDirectory()) throw new UsageError(`${folder} is a file: name another folder`)
    if (readdirSync(folder).length > 0)
      throw new UsageError(`${folder} is not empty, so nothing was written: name another folder`)
  }
  await makeFolder(folder)
  await writeNew(path.join(folder, STRATEGY_FILE), texts.strategy)
  await writeNew(path.join(folder, TASK_FILE), texts.task)
  await saveMark(folder, { ...began, hints: 0, look: '' })
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' })
  } catch (cause) {
    throw saveError(file, cause)
  }
}

export async function saveMark(folder: string, mark: ExerciseMark): Promise<void> {
  const text = JSON.stringify({ format: FORMAT, ...mark }, undefined, 2)
  await saveWhole(path.join(folder, MARK_FILE), `${text}\n`)
}

/** Throws a `UsageError` for a folder that is none of an exercise. */
export function readMark(folder: string): ExerciseMark {
  const file = path.join(folder, MARK_FILE)
  if (!existsSync(file))
    throw new UsageError(`there is no exercise in ${folder}: holdfast exercise 1 makes one`)
  let found: unknown
  try {
    found = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'is not JSON' : `cannot be read (${reasonOf(cause)})`
    throw new UsageError(`${file} ${why}: holdfast exercise makes a folder with a right one`, { cause })
  }
  if (isMark(found)) return found
  throw new UsageError(`${file} does not say which exercise it is: holdfast exercise makes a right one`)
}

function isMark(found: unknown): found is ExerciseMark {
  if (typeof found !== 'object' || found === null) return false
  const at = (key: string): unknown => Reflect.get(found, key)
  const isWhole = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0
  return (
    at('format') === FORMAT &&
    isWhole(at('exercise')) &&
    (at('isEmpty') === undefined || at('isEmpty') === true) &&
    isWhole(at('hints')) &&
    typeof at('look') === 'string'
  )
}
