/** Errors of the harness that mean wrong usage of a command. */
import { UsageError } from '../harness/entries/usage-error.ts'

/** For `catch`: rethrows an error of this class as a `UsageError`, and any other unchanged. */
export function rethrowAsUsage(
  kind: new (...args: never[]) => Error,
  prefix = '',
): (error: unknown) => never {
  return (error) => {
    throw error instanceof kind ? new UsageError(`${prefix}${error.message}`, { cause: error }) : error
  }
}
