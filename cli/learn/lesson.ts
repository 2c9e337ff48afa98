/** `holdfast lesson`: lists the lessons, or shows one after its prediction was made. */
import { createInterface } from 'node:readline/promises'
import { Command } from 'commander'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { exerciseOf } from '../../learn/exercises/registry.ts'
import { type Lesson, lessonsOf } from '../../learn/lessons/lesson.ts'
import { keepPrediction, PROGRESS_FILE, type Progress, readProgress } from '../../learn/lessons/progress.ts'
import { COLUMNS_MAX, inTerminal, plain, wrapped } from '../../learn/lessons/terminal.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { LESSONS_FOLDER } from '../learn-places.ts'
import type { Sink } from '../output.ts'
import { SUMMARIES } from '../summaries.ts'

interface LessonOptions {
  readonly predict?: string
  readonly skip?: true
  readonly progress: string
}

const EXAMPLES = `
Examples:
  holdfast lesson
  holdfast lesson 6
  holdfast lesson 6 --predict b
`

export function lessonCommand(context: Context): Command {
  return new Command('lesson')
    .description(SUMMARIES.lesson.about)
    .argument('[number]', 'which lesson (default: the list of all)')
    .option('--predict <letter>', 'what you predict: a, b, c or d; it is kept')
    .option('--skip', 'shows the lesson without a prediction')
    .option('--progress <file>', 'where predictions and tries are kept', PROGRESS_FILE)
    .addHelpText('after', EXAMPLES)
    .action(async (number: string | undefined, options: LessonOptions) => {
      const lessons = lessonsOf(LESSONS_FOLDER)
      if (number === undefined) list(lessons, options, context)
      else await show(lessonNumbered(number, lessons), options, context)
      context.finish(EXIT.asPromised)
    })
}

function list(lessons: readonly Lesson[], { predict, progress }: LessonOptions, context: Context): void {
  if (predict !== undefined) throw new UsageError('--predict needs the number of a lesson')
  const { out } = context.output
  const kept = readProgress(progress)
  for (const lesson of lessons) {
    out.write(`${String(lesson.number).padStart(2)}  ${plain(lesson.title)}\n`)
    const state = stateOf(lesson, kept)
    if (state !== '') out.write(`    ${out.paint('quiet', state)}\n`)
  }
  out.write(`\n${context.program} lesson 1    what you predict and pass is kept in ${progress}\n`)
}

/** What the reader has done of it; empty if nothing. */
function stateOf({ number, right }: Lesson, { predictions, exercises }: Progress): string {
  const letter = predictions[number]?.letter
  const tried = exercises[number]
  const said =
    letter === undefined
      ? []
      : [`predicted ${letter}${letter === right ? ', as it was' : `; it was ${right}`}`]
  if (tried === undefined) return said.join()
  const done = tried.passedAt === undefined ? 'exercise not passed yet' : 'exercise passed'
  return [
    ...said,
    `${done} (${tried.tries} graded, ${tried.hints} ${tried.hints === 1 ? 'hint' : 'hints'})`,
  ].join('; ')
}

function lessonNumbered(given: string, lessons: readonly Lesson[]): Lesson {
  const found = /^\d{1,3}$/.test(given) ? lessons.find(({ number }) => number === Number(given)) : undefined
  if (found !== undefined) return found
  throw new UsageError(`there is no lesson ${JSON.stringify(given)}: they go from 1 to ${lessons.length}`)
}

async function show(lesson: Lesson, options: LessonOptions, context: Context): Promise<void> {
  const { out } = context.output
  const kept = readProgress(options.progress).predictions[lesson.number]?.letter
  if (kept !== undefined && options.predict !== undefined && options.predict !== kept) {
    throw new UsageError(
      `lesson ${lesson.number} has your prediction already, ${kept}: it is kept in ${options.progress}`,
    )
  }
  if (options.predict !== undefined) checkLetter(options.predict, lesson, context.program)
  out.write(`${out.paint('strong', `${lesson.number}. ${plain(lesson.title)}`)}\n\n`)
  out.write(`${inTerminal(lesson.question, out)}\n\n`)
  for (const { letter, words } of lesson.choices)
    out.write(`${wrapped(plain(words), Math.min(out.columns, COLUMNS_MAX), '     ', `  ${letter}  `)}\n`)
  const letter = kept ?? options.predict ?? (options.skip ? undefined : await askedFor(lesson, context))
  if (letter === undefined && options.skip !== true) {
    out.write(
      `\nPredict first: ${context.program} lesson ${lesson.number} --predict ${lettersOf(lesson).join('|')}\n`,
    )
    return
  }
  if (letter !== undefined && kept === undefined)
    await keepPrediction(options.progress, lesson.number, letter)
  showRest(lesson, letter, context)
}

function showRest(lesson: Lesson, letter: string | undefined, context: Context): void {
  const { out } = context.output
  for (const { title, text } of lesson.parts) {
    if (title === 'Predict') continue
    out.write(`\n${out.paint('strong', title)}\n`)
    if (title.startsWith('What happened') && letter !== undefined) verdictOn(lesson, letter, out)
    out.write(`\n${inTerminal(withProgram(text, context.program), out)}\n`)
  }
  if (exerciseOf(lesson.number) !== undefined)
    out.write(`\nYour turn: ${context.program} exercise ${lesson.number}\n`)
}

/** The commands of a clone as those of this program. */
function withProgram(text: string, program: string): string {
  return text
    .replaceAll('npm run holdfast -- ', `${program} `)
    .replaceAll(/npm run (study|faults|load|serve|shop) -- /g, (_, name: string) => `${program} ${name} `)
}

function verdictOn({ right }: Lesson, letter: string, out: Sink): void {
  const isRight = letter === right
  const said = isRight ? `You predicted ${letter}, as it was.` : `You predicted ${letter}; it was ${right}.`
  out.write(`\n${out.paint(isRight ? 'good' : 'doubtful', said)}\n`)
}

function lettersOf({ choices }: Lesson): readonly string[] {
  return choices.map(({ letter }) => letter)
}

function checkLetter(given: string, lesson: Lesson, program: string): void {
  const letters = lettersOf(lesson)
  if (!letters.includes(given))
    throw new UsageError(
      `--predict takes one of ${letters.join(', ')}, not ${JSON.stringify(given)}: "${program} lesson ${lesson.number}" says what each stands for`,
    )
}

/** In a terminal alone; undefined where nobody answers, or with no letter of it. */
async function askedFor(lesson: Lesson, { output: { out } }: Context): Promise<string | undefined> {
  if (!out.isTerminal || process.stdin.isTTY !== true) return undefined
  const letters = lettersOf(lesson)
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const said = (await lines.question(`\nWhat do you predict (${letters.join(', ')})? `))
      .trim()
      .toLowerCase()
    return letters.includes(said) ? said : undefined
  } finally {
    lines.close()
  }
}
