/** `holdfast study`: runs the experiments, and answers their questions. */
import { Command } from 'commander'
import { experiments } from '../../experiments/registry.ts'
import type { Context } from '../context.ts'
import { EXIT_CODES_HELP } from '../exit-codes.ts'
import { SUMMARIES } from '../summaries.ts'
import { LIMIT_DEFAULT, runStudy, type StudyOptions } from './run.ts'

const NAMES = experiments.map(({ name, question }) => `  ${name.padEnd(16)} ${question}`).join('\n')

export function studyCommand(context: Context): Command {
  return new Command('study')
    .description(SUMMARIES.study.about)
    .argument('[names...]', 'experiments by name (default: all)')
    .option('--quick', 'a try of everything, too short to rank anything')
    .option('--again', 'runs experiments again that are complete')
    .option('--seed <number>', 'makes other requests (default: always the same)')
    .option('--limit <time>', 'ends it after this time; the same command goes on later', LIMIT_DEFAULT)
    .option('--shard <part>', 'only a part of the experiments, as 1/8, each whole on one machine')
    .option('--out <folder>', 'folder for results, charts and the page')
    .addHelpText('after', `\nExperiments:\n${NAMES}\n${EXIT_CODES_HELP}`)
    .action(async (names: readonly string[], options: StudyOptions) => {
      await runStudy(names, options, context)
    })
}
