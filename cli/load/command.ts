/** `holdfast load`: k6 against the service over one strategy after another, audited from outside. */
import { Command } from 'commander'
import { PROFILES } from '../../harness/load/profiles.ts'
import type { Context } from '../context.ts'
import { CRITICAL_SECTION_OPTION, DURABILITY_OPTION, MAP_CACHE_OPTION, POOL_DEFAULT } from '../options.ts'
import { EXAMPLES, type LoadOptions } from './options.ts'
import { run } from './run.ts'

export function loadCommand(context: Context): Command {
  return new Command('load')
    .description('loads the HTTP API over a strategy with k6, and audits the store from outside')
    .option('--strategy <names>', 'by name, or the path of a file of your own; comma-separated')
    .option('--all', 'every strategy')
    .option(
      '--profile <name>',
      `${PROFILES.map(({ name }) => name).join(', ')} (default: smoke; with --all: ramp)`,
    )
    .option('--rate <numbers>', 'buyers who begin per second; for ramp several, comma-separated')
    .option('--seconds <number>', 'of each rate')
    .option('--vus <number>', 'buyers at once, at most')
    .option('--viewers-rate <number>', 'reads of the seat map per second, for viewers')
    .option(
      '--workers <numbers>',
      'processes of the service behind one port, several comma-separated (default: 1)',
    )
    .option('--pool <number>', `connections of each process (default: ${POOL_DEFAULT})`)
    .option(...CRITICAL_SECTION_OPTION)
    .option(...MAP_CACHE_OPTION)
    .option(...DURABILITY_OPTION)
    .option('--json', 'results as JSON to stdout, and nothing else there')
    .option('--out <folder>', 'for results and chart', 'results')
    .addHelpText('after', EXAMPLES)
    .action(async (options: LoadOptions, command: Command) => {
      await run(options, command, context)
    })
}
