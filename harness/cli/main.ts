/** The command line: reads what is typed, runs one command, and ends with the exit code that `exit-codes.ts` lists. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Command, CommanderError } from 'commander'
import { oneLine } from '../compare/compare.ts'
import { EngineError } from '../engines/engine-error.ts'
import { SaveError } from '../report/save.ts'
import { checkCommand } from './check.ts'
import { compareCommand } from './compare.ts'
import { type Context, programName, stacksWanted } from './context.ts'
import { doctorCommand } from './doctor.ts'
import { EXIT, EXIT_CODES_HELP } from './exit-codes.ts'
import { exploreCommand } from './explore.ts'
import { listCommand } from './list.ts'
import { loadCommand } from './load.ts'
import { openOutput } from './output.ts'
import { replayCommand } from './replay.ts'
import { reportCommand } from './report.ts'
import { serveCommand } from './serve.ts'
import { UsageError } from './usage-error.ts'

const PACKAGE = path.resolve(import.meta.dirname, '../../package.json')

export async function main(argv: readonly string[]): Promise<void> {
  const output = openOutput()
  let exitCode: number = EXIT.asPromised
  const context: Context = {
    output,
    env: process.env,
    program: programName(process.argv[1], process.cwd()),
    finish: (code) => {
      exitCode = code
    },
  }
  // What nobody caught is a mistake of ours: told in one line like any other.
  process.on('uncaughtException', (error) => {
    process.exit(reported(error, context))
  })
  try {
    await programOf(context).parseAsync([...argv], { from: 'user' })
  } catch (error) {
    exitCode = reported(error, context)
  }
  // An output that could not be written has already set a code, which a good end does not take back.
  if (exitCode !== EXIT.asPromised || process.exitCode === undefined) process.exitCode = exitCode
}

function programOf(context: Context): Command {
  const { out, err } = context.output
  const program = new Command('holdfast')
    .description(
      'Compares ways of reserving a scarce thing, and proves from the recorded history that none oversells.',
    )
    .version(versionOf(), '--version', 'the version of Holdfast')
    .helpCommand('help [command]', 'how to use a command')
    .addHelpText('after', EXIT_CODES_HELP)
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
            .replaceAll(/\s*\n\s*/g, ' ')}\n`,
        ),
    })
  for (const make of [
    compareCommand,
    exploreCommand,
    replayCommand,
    serveCommand,
    loadCommand,
    reportCommand,
    checkCommand,
    doctorCommand,
    listCommand,
  ]) {
    program.addCommand(make(context).copyInheritedSettings(program))
  }
  return program
}

/** Says in one line what went wrong, and which exit code that is. */
function reported(error: unknown, { output: { err }, env }: Context): number {
  // Commander has already said it.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.asPromised : EXIT.usage
  const stack = stacksWanted(env) && error instanceof Error ? `${error.stack}\n` : ''
  if (error instanceof UsageError || error instanceof SaveError) {
    err.write(`holdfast: ${error.message}\n${stack}`)
    return error instanceof UsageError ? EXIT.usage : EXIT.failed
  }
  if (error instanceof EngineError) {
    err.write(`holdfast: ${error.message}\n  mend it with: ${error.remedy}\n${stack}`)
    return EXIT.notProven
  }
  const hint = stack === '' ? '; HOLDFAST_DEBUG=1 shows where' : ''
  err.write(`holdfast failed unexpectedly: ${oneLine(error)}${hint}\n${stack}`)
  return EXIT.failed
}

function versionOf(): string {
  const found: unknown = JSON.parse(readFileSync(PACKAGE, 'utf8'))
  const named = typeof found === 'object' && found !== null && 'version' in found
  return named ? String(found.version) : 'unknown'
}
