/** The command line: runs one command, and ends with one of the exit codes in `exit-codes.ts`. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Command, CommanderError } from 'commander'
import type { EngineKind } from '../harness/engines/engine.ts'
import { type Context, programName } from './context.ts'
import { ENVIRONMENT_HELP } from './environment-help.ts'
import { EXIT, EXIT_CODES_HELP } from './exit-codes.ts'
import { refuseRepeated } from './given-once.ts'
import { fitHelp, fitted } from './help-text.ts'
import { endWhatIsLeft } from './left-over.ts'
import { type Output, openOutput } from './output.ts'
import { type CommandName, SUMMARIES, type Summary } from './summaries.ts'

/**
 * Each is loaded on demand, so that `check` does not load charts or a web server, and `--help` loads none.
 */
export const COMMANDS: Readonly<Record<CommandName, (context: Context) => Promise<Command>>> = {
  compare: async (context) => (await import('./compare/command.ts')).compareCommand(context),
  conform: async (context) => (await import('./conform.ts')).conformCommand(context),
  explore: async (context) => (await import('./explore/command.ts')).exploreCommand(context),
  faults: async (context) => (await import('./faults/command.ts')).faultsCommand(context),
  scheduler: async (context) => (await import('./learn/scheduler.ts')).schedulerCommand(context),
  replay: async (context) => (await import('./replay.ts')).replayCommand(context),
  study: async (context) => (await import('./study/command.ts')).studyCommand(context),
  serve: async (context) => (await import('./serve/command.ts')).serveCommand(context),
  load: async (context) => (await import('./load/command.ts')).loadCommand(context),
  shop: async (context) => (await import('./shop/command.ts')).shopCommand(context),
  report: async (context) => (await import('./report.ts')).reportCommand(context),
  check: async (context) => (await import('./check.ts')).checkCommand(context),
  convert: async (context) => (await import('./convert.ts')).convertCommand(context),
  doctor: async (context) => (await import('./doctor.ts')).doctorCommand(context),
  init: async (context) => (await import('./init.ts')).initCommand(context),
  lesson: async (context) => (await import('./learn/lesson.ts')).lessonCommand(context),
  exercise: async (context) => (await import('./learn/exercise.ts')).exerciseCommand(context),
  grade: async (context) => (await import('./learn/grade.ts')).gradeCommand(context),
  list: async (context) => (await import('./list.ts')).listCommand(context),
}

const PACKAGE = path.resolve(import.meta.dirname, '../package.json')

/** `engines`: those of the registry by default. */
export async function main(argv: readonly string[], engines?: readonly EngineKind[]): Promise<void> {
  const output = openOutput()
  const name = commandIn(argv)
  const exitCode =
    name === undefined ? await overview(argv, output) : await commanded(name, argv, { output, engines })
  // Keeps the exit code that was set when the output could not be written.
  if (exitCode !== EXIT.asPromised || process.exitCode === undefined) process.exitCode = exitCode
  endWhatIsLeft(output.err)
}

/** The command that is meant, or that help is wanted with. */
function commandIn([first = '', second = '']: readonly string[]): CommandName | undefined {
  const word = first === 'help' || first === '--' ? second : first
  return isCommand(word) ? word : undefined
}

function isCommand(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word)
}

/** Runs one command. Returns the exit code. */
async function commanded(
  name: CommandName,
  argv: readonly string[],
  given: { readonly output: Output; readonly engines: readonly EngineKind[] | undefined },
): Promise<number> {
  const { output } = given
  const { reported } = await import('./reported.ts')
  let exitCode: number = EXIT.asPromised
  const context: Context = {
    output,
    env: process.env,
    engines: given.engines ?? (await import('../harness/engines/registry.ts')).engineKinds,
    program: programName(process.argv[1], process.cwd(), process.env),
    finish: (code) => {
      exitCode = code
    },
  }
  // Uncaught errors are bugs, reported in one line like all others.
  process.on('uncaughtException', (error) => {
    process.exit(reported(error, context))
  })
  try {
    const { withOptional } = await import('../harness/optional-packages.ts')
    const program = programOf(output)
    const command = await withOptional(() => COMMANDS[name](context))
    refuseRepeated(command)
    program.addCommand(command.copyInheritedSettings(program))
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    exitCode = reported(error, context)
  }
  return exitCode
}

/** Help, the version, or what is wrong, without any command. Returns the exit code. */
async function overview(argv: readonly string[], output: Output): Promise<number> {
  const program = await overviewOf(output)
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return EXIT.asPromised
  } catch (error) {
    // Commander has already printed it.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.asPromised : EXIT.usage
    throw error
  }
}

/** The program with what stands for its commands. */
export async function overviewOf(output: Output): Promise<Command> {
  const program = programOf(output)
  for (const [name, summary] of Object.entries<Summary>(SUMMARIES)) {
    const about = (await whyNotLoadable(summary)) ?? summary.about
    const command = new Command(name).description(about)
    if (summary.hasNoOptions !== true) command.option('--option', 'stands for its options')
    if (summary.takes !== undefined) command.arguments(summary.takes)
    program.addCommand(command.copyInheritedSettings(program))
  }
  return program
}

/** In brackets, where packages are missing; undefined where none is. */
async function whyNotLoadable({ needs }: Summary): Promise<string | undefined> {
  if (needs === undefined) return undefined
  const { whyMissing } = await import('../harness/optional-packages.ts')
  const why = whyMissing(needs)
  return why === undefined ? undefined : `(${why})`
}

/** `holdfast` without its commands. */
export function programOf({ out, err }: Output): Command {
  return fitHelp(new Command('holdfast'), out)
    .description(
      'Compares ways of reserving scarce units and checks from the recorded history that none oversells.',
    )
    .version(versionOf(), '--version', 'the version of Holdfast')
    .helpCommand('help [command]', 'how to use a command')
    .addHelpText('after', ENVIRONMENT_HELP + EXIT_CODES_HELP)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => out.write(fitted(text, out)),
      writeErr: (text) => err.write(text),
      // Error and suggestion on one line.
      outputError: (text, write) =>
        write(
          `holdfast: ${text
            .replace(/^error: /, '')
            .trim()
            .replaceAll(/\s*\n\s*/g, ' ')} [usage]\n`,
        ),
    })
}

function versionOf(): string {
  const found: unknown = JSON.parse(readFileSync(PACKAGE, 'utf8'))
  const named = typeof found === 'object' && found !== null && 'version' in found
  return named ? String(found.version) : 'unknown'
}
