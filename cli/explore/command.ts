/** `holdfast explore`: runs every interleaving of a few clients, and says what was proved by it. */
import { Command } from 'commander'
import { CLIENTS } from '../../harness/explore/schedule.ts'
import type { Context } from '../context.ts'
import { EXIT_CODES_HELP } from '../exit-codes.ts'
import { collected } from '../options.ts'
import { EXAMPLES, type ExploreOptions, SCHEDULES } from './options.ts'
import { run } from './run.ts'

export function exploreCommand(context: Context): Command {
  return new Command('explore')
    .description('runs every interleaving of a few clients, statement by statement, on the real engine')
    .option('--strategies <names>', 'strategies by name, comma-separated (default: all)')
    .option(
      '--strategy <name or file>',
      'one by name, or from a file of your own; can be repeated',
      collected,
      [],
    )
    .option('--scenario, --scenarios <names>', 'by name, comma-separated (default: all)')
    .option('--on <engines>', 'only strategies that need no other engine than these')
    .option('--clients <number>', `from ${CLIENTS.min} to ${CLIENTS.max}`, String(CLIENTS.min))
    .option(
      '--schedules-max <number>',
      'ends an exploration after so many schedules; then nothing is proved',
      String(SCHEDULES.default),
    )
    .option('--json', 'what was found as JSON to stdout, and nothing else there')
    .addHelpText('after', EXAMPLES + EXIT_CODES_HELP)
    .action((options: ExploreOptions) => run(options, context))
}
