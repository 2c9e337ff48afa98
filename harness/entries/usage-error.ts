/** The command line is not valid: one line for the user, exit code 2, nothing was run. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'usage'
}
