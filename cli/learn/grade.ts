/** `holdfast grade`: what the judges find in an exercise, and hints, one at a time. */
import path from 'node:path'
import { Command } from 'commander'
import { loadOwnStrategy } from '../../harness/entries/own-strategy.ts'
import { isServiceUrl, loadService } from '../../harness/entries/service/load-service.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { proveWritable } from '../../harness/save.ts'
import type { Exercise } from '../../learn/exercises/exercise.ts'
import { type ExerciseMark, readMark, STRATEGY_FILE, saveMark } from '../../learn/exercises/folder.ts'
import { asked, type Finding, type Grade, gradeOf } from '../../learn/exercises/judges.ts'
import { exerciseOf } from '../../learn/exercises/registry.ts'
import { keepTry, PROGRESS_FILE, readProgress } from '../../learn/lessons/progress.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import { type Context, engineNames, quoted } from '../context.ts'
import { listenForEnding } from '../ending.ts'
import { EXIT, EXIT_BY_SIGNAL } from '../exit-codes.ts'
import { ADAPTER_OPTION } from '../options.ts'
import { SUMMARIES } from '../summaries.ts'
import { findingsOf, type Graded } from './findings.ts'
import { watchedForLoops } from './loops.ts'

interface GradeOptions {
  readonly hint?: true
  readonly strategy?: string
  readonly adapter?: string
  readonly progress: string
}

const HELP = `
Exit codes: 0 every judge is content, 2 wrong usage, 3 something was found, 4 nothing could be shown.

Examples:
  holdfast grade exercise-6
  holdfast grade exercise-6 --hint
  holdfast grade exercise-6 --strategy http://127.0.0.1:9000    a service in any language
`

export function gradeCommand(context: Context): Command {
  return new Command('grade')
    .description(SUMMARIES.grade.about)
    .argument('[folder]', 'that of the exercise', '.')
    .option('--hint', 'gives the next hint, and runs nothing')
    .option('--strategy <URL>', 'the address of a service that does what the exercise asks')
    .option(...ADAPTER_OPTION)
    .option('--progress <file>', 'where tries are kept', PROGRESS_FILE)
    .addHelpText('after', HELP)
    .action(async (folder: string, options: GradeOptions) => {
      const mark = readMark(folder)
      const exercise = exerciseOf(mark.exercise)
      if (exercise === undefined)
        throw new UsageError(`${folder} is of exercise ${mark.exercise}, which this version does not have`)
      // What could not be kept afterwards is said before anything is run.
      readProgress(options.progress)
      await proveWritable(path.dirname(options.progress))
      await proveWritable(folder)
      if (options.hint) await hint(exercise, mark, folder, options, context)
      else await grade(exercise, mark, folder, options, context)
    })
}

async function hint(
  exercise: Exercise,
  mark: ExerciseMark,
  folder: string,
  { progress }: GradeOptions,
  { output: { out }, program, finish }: Context,
): Promise<void> {
  if (mark.look === '')
    throw new UsageError(
      `hints come after the first grade of what is written: ${program} grade ${quoted(folder)}`,
    )
  const own = mark.isEmpty ? exercise.empty.hints : undefined
  const all = [lookAt(mark.look), ...(own ?? exercise.hints)]
  const next = all[mark.hints]
  finish(EXIT.asPromised)
  if (next === undefined) {
    out.write(`That was all of the ${all.length} hints. Lesson ${exercise.number} tells the rest.\n`)
    return
  }
  await saveMark(folder, { ...mark, hints: mark.hints + 1 })
  await keepTry(progress, exercise.number, { hints: 1 })
  out.write(`Hint ${mark.hints + 1} of ${all.length}: ${next}\n`)
}

/** Where no race was found, there is nothing to see step by step: what was found is all. */
function lookAt(look: string): string {
  return / grade /.test(look) ? `Read once more what was found: ${look}` : `See it step by step: ${look}`
}

async function grade(
  exercise: Exercise,
  mark: ExerciseMark,
  folder: string,
  options: GradeOptions,
  context: Context,
): Promise<void> {
  const { err } = context.output
  using _ = watchedForLoops(path.join(folder, STRATEGY_FILE), EXIT.convicted)
  const graded: Graded = {
    entry: asked(await entryFrom(folder, options, context), exercise),
    file: options.strategy ?? quoted(named(path.join(folder, STRATEGY_FILE))),
  }
  using ending = listenForEnding((signal) => err.write(`\n${signal}: stopping; nothing is graded\n`))
  const findings = await findingsOf(exercise, graded, { ending, context })
  if (findings === undefined) return
  const cause = ending.cause()
  if (cause !== undefined) return context.finish(EXIT_BY_SIGNAL[cause])
  const found = gradeOf(exercise, graded.entry, findings)
  const look = findings.find((each) => each.kind === 'failed')?.look
  const again = `${context.program} grade ${quoted(folder)}`
  conclude(findings, { found, again, context })
  await saveMark(folder, { ...mark, look: look ?? (mark.look === '' ? again : mark.look) })
  await keepTry(options.progress, exercise.number, { tries: 1, hasPassed: found === 'passed' })
}

/** As a command takes a file that is no name of a strategy. */
function named(file: string): string {
  return path.isAbsolute(file) ? file : `./${file}`
}

function entryFrom(
  folder: string,
  { strategy, adapter }: GradeOptions,
  context: Context,
): Promise<StrategyEntry> {
  if (strategy === undefined) {
    if (adapter !== undefined) throw new UsageError('--adapter maps the API of a service: give its address')
    return loadOwnStrategy(path.join(folder, STRATEGY_FILE), engineNames(context))
  }
  if (!isServiceUrl(strategy))
    throw new UsageError('--strategy takes the address of a service, such as http://127.0.0.1:9000')
  return loadService(strategy, adapter)
}

function conclude(
  findings: readonly Finding[],
  { found, again, context }: { readonly found: Grade; readonly again: string; readonly context: Context },
): void {
  const { out } = context.output
  const unchecked = findings.filter(({ kind }) => kind === 'not-checked').length
  if (found === 'passed') {
    const but = unchecked === 0 ? '' : `, of those who could look; ${unchecked} could not`
    out.write(`\n${out.paint('good', 'PASSED')}: every judge is content${but}\n`)
    context.finish(EXIT.asPromised)
  } else if (found === 'failed') {
    out.write(`${out.paint('bad', 'NOT YET')}: what comes after this was not asked\n`)
    out.write(`A hint: ${again} --hint\n`)
    context.finish(EXIT.convicted)
  } else if (found === 'unseen') {
    out.write(
      `\n${out.paint('doubtful', 'NOT PROVEN')}: nothing speaks against it, but what this exercise asks cannot be seen\n` +
        `from outside (${unchecked} not checked, above). A ${STRATEGY_FILE} can be looked into.\n`,
    )
    context.finish(EXIT.notProven)
  } else {
    out.write(
      `${out.paint('doubtful', 'NOT PROVEN')}: nothing speaks against it, and not everything for it\n`,
    )
    context.finish(EXIT.notProven)
  }
}
