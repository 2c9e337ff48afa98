/** `holdfast explore`: runs every interleaving of a few clients, and reports what that proves. */
import { Command } from 'commander'
import { CLIENTS } from '../../harness/explore/schedule.ts'
import { addCiOptions } from '../ci/report-to-ci.ts'
import type { Context } from '../context.ts'
import { EXIT_CODES_HELP } from '../exit-codes.ts'
import { collected } from '../options.ts'
import { SUMMARIES } from '../summaries.ts'
import { EXAMPLES, type ExploreOptions, SCHEDULES } from './options.ts'
import { run } from './run.ts'

export function exploreCommand(context: Context): Command {
  const command = new Command('explore')
    .description(SUMMARIES.explore.about)
    .option('--strategies <names>', 'strategies by name, comma-separated (default: all)')
    .option(
      '--strategy <name or file>',
      'a strategy by name, or in a file of your own; can be repeated',
      collected,
      [],
    )
    .option('--scenario, --scenarios <names>', 'by name, comma-separated (default: all)')
    .option('--on <engines>', 'only strategies that need no engines other than these')
    .option('--clients <number>', `from ${CLIENTS.min} to ${CLIENTS.max}`, String(CLIENTS.min))
    .option(
      '--schedules-max <number>',
      'stops an exploration after this many schedules; nothing is proved then',
      String(SCHEDULES.default),
    )
    .option('--shard <part>', 'only a part of the explorations, as 1/8; every part has the control, too')
    .option('--out <folder>', 'saves what was found as a results file, for holdfast report')
    .option('--json', 'prints only the findings, as JSON, to stdout')
    .addHelpText('after', EXAMPLES + EXIT_CODES_HELP)
    .action((options: ExploreOptions, command: Command) => run(options, command, context))
  return addCiOptions(command)
}
