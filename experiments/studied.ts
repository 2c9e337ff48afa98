/** An experiment with what it has measured. */
import type { ExperimentData } from './data.ts'
import type { Experiment } from './experiment.ts'

export interface Studied {
  readonly experiment: Experiment
  readonly data: ExperimentData
  /** The path of its chart from the page; absent if nothing could be drawn. */
  readonly chartFile?: string
}
