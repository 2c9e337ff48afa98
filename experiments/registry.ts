/** Every experiment, in the order of the study. A new one is a file in this folder and a line in this list. */
import { batching } from './batching.ts'
import type { Experiment } from './experiment.ts'
import { lockCliff } from './lock-cliff.ts'
import { loser } from './loser.ts'

export const experiments: readonly Experiment[] = [lockCliff, loser, batching]
