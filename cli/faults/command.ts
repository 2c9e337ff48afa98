/** `holdfast faults`: inflicts faults while buyers buy, and compares with what was predicted. */
import { Command } from 'commander'
import { faultKinds } from '../../harness/faults/registry.ts'
import type { Context } from '../context.ts'
import { EXIT_CODES_HELP } from '../exit-codes.ts'
import { collected } from '../options.ts'
import { SUMMARIES } from '../summaries.ts'
import { FAULTS_OUT_DEFAULT, type FaultsOptions } from './order.ts'
import { run } from './run.ts'

const NAME_WIDTH = Math.max(...faultKinds.map(({ name }) => name.length))

const HELP = `
Faults:
${faultKinds.map(({ name, title }) => `  ${name.padEnd(NAME_WIDTH)}  ${title}`).join('\n')}

Examples:
  holdfast faults client-paused --strategy redlock
  holdfast faults engine-killed answers-lost --seeds 5
  holdfast faults --plan --seeds 3 --lucky-seeds 30
  holdfast faults --seeds 3 --shard 1/8 --out faults-1
`

export function faultsCommand(context: Context): Command {
  return new Command('faults')
    .description(SUMMARIES.faults.about)
    .argument('[names...]', 'faults by name (default: all)')
    .option(
      '--strategy, --strategies <names>',
      'strategies by name, or in files of your own, comma-separated; can be repeated (default: all)',
      collected,
      [],
    )
    .option('--seeds <number>', 'runs of each cell, with the seeds from 1 on (default: 1)')
    .option(
      '--lucky-seeds <number>',
      'runs of each cell in which luck matters; those beyond --seeds are for the outcome alone (default: those of --seeds)',
    )
    .option('--seed <number>', 'only the run with this seed')
    .option('--plan', 'prints how many cells are left and how long they take, and runs nothing')
    .option('--shard <part>', 'only a part of the cells, as 1/8')
    .option(
      '--jobs <number>',
      'so many cells at once, each job a process with servers of its own (default: two for each processor, and one with --shard)',
    )
    .option(
      '--out <folder>',
      'where results are saved after each cell; cells of the same commit that are there are not run again',
      FAULTS_OUT_DEFAULT,
    )
    .option('--again', 'runs these cells again, whatever is saved; others that are saved are kept')
    .option('--json', 'prints only the results, as JSON, to stdout')
    .addHelpText('after', HELP + EXIT_CODES_HELP)
    .action((names: readonly string[], options: FaultsOptions, command: Command) =>
      run(names, options, command, context),
    )
}
