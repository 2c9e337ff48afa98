/** `holdfast exercise`: makes a folder with a strategy that has a hole, or is empty. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { Command } from 'commander'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { emptyStrategy } from '../../learn/exercises/empty.ts'
import type { Exercise } from '../../learn/exercises/exercise.ts'
import { STRATEGY_FILE, writeExercise } from '../../learn/exercises/folder.ts'
import { exerciseOf, exercises } from '../../learn/exercises/registry.ts'
import { lessonsOf } from '../../learn/lessons/lesson.ts'
import { type Context, quoted } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { EXERCISES_FOLDER, LESSONS_FOLDER } from '../learn-places.ts'
import { SUMMARIES } from '../summaries.ts'

export function exerciseCommand({ output: { out }, program, finish }: Context): Command {
  return new Command('exercise')
    .description(SUMMARIES.exercise.about)
    .argument('<number>', 'that of its lesson')
    .argument('[folder]', 'where to (default: exercise-<number>)')
    .option('--empty', 'begins with signatures and comments alone: you write the technique whole')
    .action(async (given: string, where: string | undefined, { empty }: { readonly empty?: true }) => {
      const exercise = exerciseNumbered(given)
      const folder = where ?? `exercise-${exercise.number}`
      const texts = { strategy: strategyOf(exercise, empty), task: taskOf(exercise, empty, folder, program) }
      await writeExercise(folder, { exercise: exercise.number, ...(empty && { isEmpty: empty }) }, texts)
      out.write(`written: ${path.join(folder, STRATEGY_FILE)}, with your task in its first lines\n\nNext:\n`)
      if (!findsHoldfast(folder))
        out.write('  npm init -y && npm i -D holdfast kysely    # the file imports them, from where it is\n')
      out.write(`  ${program} grade ${quoted(folder)}\n`)
      finish(EXIT.asPromised)
    })
}

function exerciseNumbered(given: string): Exercise {
  const found = /^\d{1,3}$/.test(given) ? exerciseOf(Number(given)) : undefined
  if (found !== undefined) return found
  throw new UsageError(`there is no exercise ${JSON.stringify(given)}: they go from 1 to ${exercises.length}`)
}

function strategyOf(exercise: Exercise, isEmpty: true | undefined): string {
  const textOf = (file: string): string => readFileSync(path.join(EXERCISES_FOLDER, `${file}.ts`), 'utf8')
  if (isEmpty === undefined) return textOf(exercise.start)
  return emptyStrategy(exercise, textOf(`empty/${exercise.empty.ground}`))
}

/** The last part of its lesson, or what is asked of the empty one, and how it is graded. */
function taskOf(
  { number, empty }: Exercise,
  isEmpty: true | undefined,
  folder: string,
  program: string,
): string {
  const lesson = lessonsOf(LESSONS_FOLDER).find((each) => each.number === number)
  const title = lesson?.title ?? ''
  const task = lesson?.parts.find((part) => part.title === 'Exercise')?.text ?? ''
  const [heading, asks, does] = isEmpty
    ? [`Exercise ${number}, from nothing: ${title}`, empty.task, 'Write']
    : [`Exercise ${number}: ${title}`, task, 'Change']
  return `# ${heading}

${asks}

${does} \`${STRATEGY_FILE}\`; its first lines say what is asked. Then

    ${program} grade ${quoted(folder)}
    ${program} grade ${quoted(folder)} --hint

The contract that every strategy keeps is in \`holdfast/strategy\`. If your technique makes callers do something else when
another one was first, say so: \`export const promises = { contention: 'waits' }\`, or \`gives-up\`, \`retries\`, \`polls\`,
\`never\`. That it is safe, and that what it refuses is really gone, is asked in any case.

In another language: a service with the routes of the contract (docs/service.md, "A service in another language"), and

    ${program} grade ${quoted(folder)} --strategy http://127.0.0.1:9000
`
}

/** Whether a file in the folder can import the package. */
function findsHoldfast(folder: string): boolean {
  try {
    createRequire(path.resolve(folder, STRATEGY_FILE)).resolve('holdfast/strategy')
    return true
  } catch {
    return false
  }
}
