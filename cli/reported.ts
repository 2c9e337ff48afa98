/** Errors that end a command, as its user sees them. */
import { CommanderError } from 'commander'
import { EngineError } from '../harness/engines/engine-error.ts'
import { OwnershipLostError } from '../harness/engines/ownership.ts'
import { UsageError } from '../harness/entries/usage-error.ts'
import { errorCodeOf } from '../harness/error-codes.ts'
import { oneLine, reasonOf } from '../harness/errors.ts'
import { MissingPackagesError } from '../harness/optional-packages.ts'
import { SaveError } from '../harness/save.ts'
import { type Context, stacksWanted } from './context.ts'
import { EXIT } from './exit-codes.ts'

/** Prints an error in one line, with its code in `docs/ERRORS.md`; returns the exit code. */
export function reported(error: unknown, { output: { err }, env }: Pick<Context, 'output' | 'env'>): number {
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
