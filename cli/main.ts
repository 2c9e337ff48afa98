/** The command line: runs one command, and ends with one of the exit codes in `exit-codes.ts`. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Command, CommanderError } from 'commander'
import type { EngineKind } from '../harness/engines/engine.ts'
import { EngineError } from '../harness/engines/engine-error.ts'
import { OwnershipLostError } from '../harness/engines/ownership.ts'
import { engineKinds } from '../harness/engines/registry.ts'
import { UsageError } from '../harness/entries/usage-error.ts'
import { errorCodeOf } from '../harness/error-codes.ts'
import { oneLine, reasonOf } from '../harness/errors.ts'
import { MissingPackagesError, withOptional } from '../harness/optional-packages.ts'
import { SaveError } from '../harness/save.ts'
import { type Context, programName, stacksWanted } from './context.ts'
import { ENVIRONMENT_HELP } from './environment-help.ts'
import { EXIT, EXIT_CODES_HELP } from './exit-codes.ts'
import { openOutput } from './output.ts'

/**
 * In the order of `--help`. Each is loaded on demand, so that `check` does not load charts or a web server.
 */
const COMMANDS: Readonly<Record<string, (context: Context) => Promise<Command>>> = {
  compare: async (context) => (await import('./compare/command.ts')).compareCommand(context),
  conform: async (context) => (await import('./conform.ts')).conformCommand(context),
  explore: async (context) => (await import('./explore/command.ts')).exploreCommand(context),
  faults: async (context) => (await import('./faults/command.ts')).faultsCommand(context),
  replay: async (context) => (await import('./replay.ts')).replayCommand(context),
  study: async (context) => (await import('./study/command.ts')).studyCommand(context),
  serve: async (context) => (await import('./serve/command.ts')).serveCommand(context),
  load: async (context) => (await import('./load/command.ts')).loadCommand(context),
  shop: async (context) => (await import('./shop/command.ts')).shopCommand(context),
  report: async (context) => (await import('./report.ts')).reportCommand(context),
  check: async (context) => (await import('./check.ts')).checkCommand(context),
  doctor: async (context) => (await import('./doctor.ts')).doctorCommand(context),
  init: async (context) => (await import('./init.ts')).initCommand(context),
  list: async (context) => (await import('./list.ts')).listCommand(context),
}

const PACKAGE = path.resolve(import.meta.dirname, '../package.json')

export async function main(
  argv: readonly string[],
  engines: readonly EngineKind[] = engineKinds,
): Promise<void> {
  const output = openOutput()
  let exitCode: number = EXIT.asPromised
  const context: Context = {
    output,
    env: process.env,
    engines,
    program: programName(process.argv[1], process.cwd()),
    finish: (code) => {
      exitCode = code
    },
  }
  // Uncaught errors are bugs, reported in one line like all others.
  process.on('uncaughtException', (error) => {
    process.exit(reported(error, context))
  })
  try {
    const program = await programOf(context, argv[0])
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    exitCode = reported(error, context)
  }
  // Keeps the exit code that was set when the output could not be written.
  if (exitCode !== EXIT.asPromised || process.exitCode === undefined) process.exitCode = exitCode
}

/** With only the requested command; with all if there is none of this name, or no name. */
async function programOf(context: Context, asked: string | undefined): Promise<Command> {
  const { out, err } = context.output
  const program = new Command('holdfast')
    .description(
      'Compares ways of reserving scarce units and checks from the recorded history that none oversells.',
    )
    .version(versionOf(), '--version', 'the version of Holdfast')
    .helpCommand('help [command]', 'how to use a command')
    .addHelpText('after', ENVIRONMENT_HELP + EXIT_CODES_HELP)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => out.write(text),
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
  const one = asked !== undefined && Object.hasOwn(COMMANDS, asked) ? COMMANDS[asked] : undefined
  if (one !== undefined) {
    program.addCommand((await withOptional(() => one(context))).copyInheritedSettings(program))
    return program
  }
  for (const [name, load] of Object.entries(COMMANDS)) {
    const command = await withOptional(() => load(context)).catch((error: unknown) => {
      if (!(error instanceof MissingPackagesError)) throw error
      return new Command(name).description(`(${error.message})`)
    })
    program.addCommand(command.copyInheritedSettings(program))
  }
  return program
}

/** Prints an error in one line, with its code in `docs/ERRORS.md`; returns the exit code. */
function reported(error: unknown, { output: { err }, env }: Context): number {
  // Commander has already printed it.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.asPromised : EXIT.usage
  const code = `[${errorCodeOf(error)}]`
  const stack = stacksWanted(env) && error instanceof Error ? `${error.stack}\n` : ''
  if (error instanceof UsageError || error instanceof SaveError || error instanceof MissingPackagesError) {
    err.write(`holdfast: ${error.message} ${code}\n${stack}`)
    return error instanceof SaveError ? EXIT.failed : EXIT.usage
  }
  if (error instanceof EngineError) {
    err.write(`holdfast: ${error.message} ${code}\n  to fix it: ${error.remedy}\n${stack}`)
    return EXIT.notProven
  }
  if (error instanceof OwnershipLostError) {
    err.write(`holdfast has stopped: ${error.message} ${code}\n${stack}`)
    return EXIT.failed
  }
  const hint = stack === '' ? '; HOLDFAST_DEBUG=1 shows where' : ''
  err.write(`holdfast failed unexpectedly: ${oneLine(reasonOf(error))}${hint} ${code}\n${stack}`)
  return EXIT.failed
}

function versionOf(): string {
  const found: unknown = JSON.parse(readFileSync(PACKAGE, 'utf8'))
  const named = typeof found === 'object' && found !== null && 'version' in found
  return named ? String(found.version) : 'unknown'
}
