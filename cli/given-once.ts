/** Options that are given twice, whichever the command. */
import type { Command, Option } from 'commander'
import { UsageError } from '../harness/entries/usage-error.ts'

/**
 * Lets every option with a value be given once, except those that say what becomes of several (`collected`).
 * commander would let the last one replace the others, and what was asked for first would not be run. Parsing
 * the command then throws a `UsageError`. An option without a value says the same however often it is given.
 */
export function refuseRepeated(command: Command): void {
  for (const option of command.options) {
    if (!takesValue(option) || option.parseArg !== undefined) continue
    let before: string | undefined
    command.on(`option:${option.name()}`, (value: string | null) => {
      const given = value === null ? option.long : `${option.long} ${value}`
      if (before !== undefined)
        throw new UsageError(
          `${option.long} can be given only once, not as ${before} and as ${given}${howMany(option)}`,
        )
      before = given ?? option.name()
    })
  }
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional
}

/** How several values are given, of an option that takes them: its value is a plural. */
function howMany({ flags }: Option): string {
  return /<(names|numbers|engines)>/.test(flags) ? ': separate several values by commas' : ''
}
