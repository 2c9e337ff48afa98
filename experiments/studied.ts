/** An experiment with what it has measured. */
import { oneLine, reasonOf } from '../harness/errors.ts'
import type { ExperimentData } from './data.ts'
import type { Experiment } from './experiment.ts'

export interface Studied {
  readonly experiment: Experiment
  readonly data: ExperimentData
  /** The path of its chart from the page; absent if nothing could be drawn. */
  readonly chartFile?: string
}

/** An experiment without an answer. */
export interface Failure {
  readonly experiment: Experiment
  /** A clause. */
  readonly why: string
}

/** Its sentence; a mistake in computing one must not cost the others. */
export function answerOf(experiment: Experiment, data: ExperimentData): string {
  try {
    return experiment.answer(data)
  } catch (error) {
    return `Not answered: ${oneLine(reasonOf(error))}.`
  }
}
