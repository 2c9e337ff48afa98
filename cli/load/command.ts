/** `holdfast load`: runs k6 against the service over one strategy after another, and audits the store. */
import { Command } from 'commander'
import { PROFILES } from '../../harness/load/profiles.ts'
import type { Context } from '../context.ts'
import {
  CRITICAL_SECTION_OPTION,
  DURABILITY_OPTION,
  MAP_CACHE_OPTION,
  NETWORK_LATENCY_OPTION,
  POOL_DEFAULT,
} from '../options.ts'
import { SUMMARIES } from '../summaries.ts'
import { EXAMPLES, type LoadOptions } from './options.ts'
import { run } from './run.ts'

export function loadCommand(context: Context): Command {
  return new Command('load')
    .description(SUMMARIES.load.about)
    .option('--strategy <names>', 'by name, or the path of your own file; comma-separated')
    .option('--all', 'every strategy')
    .option(
      '--profile <name>',
      `${PROFILES.map(({ name }) => name).join(', ')} (default: smoke; with --all: ramp)`,
    )
    .option('--rate <numbers>', 'new buyers per second; for ramp several rates, comma-separated')
    .option('--seconds <number>', 'duration of each rate')
    .option('--vus <number>', 'maximum number of concurrent buyers')
    .option('--viewers-rate <number>', 'seat map reads per second, for viewers')
    .option(
      '--workers <numbers>',
      'service processes that share one port; several values, comma-separated (default: 1)',
    )
    .option('--generators <number>', 'processes of k6 that share the load of one service (default: 1)')
    .option('--pool <number>', `connections per process (default: ${POOL_DEFAULT})`)
    .option(...CRITICAL_SECTION_OPTION)
    .option(...NETWORK_LATENCY_OPTION)
    .option(...MAP_CACHE_OPTION)
    .option(...DURABILITY_OPTION)
    .option('--json', 'prints only the results, as JSON, to stdout')
    .option('--out <folder>', 'folder for results and chart', 'results')
    .addHelpText('after', EXAMPLES)
    .action(async (options: LoadOptions, command: Command) => {
      await run(options, command, context)
    })
}
