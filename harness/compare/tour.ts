/**
 * The tour: the trials that run by default, to find out who oversells. Every workload once, for about two
 * minutes in all on two cores. It is too short to rank anything: that is what the study is for.
 */

import { workloads } from '../workloads/registry.ts'
import { sweep } from '../workloads/sweep.ts'
import { lasting, type Section } from './plan.ts'

export const ONCE = { concurrency: 32, durationMs: 150 } as const
/** Holds of a second take their time; with sweepers beside it is an experiment of the study. */
const LEFT_OUT: readonly string[] = [sweep.name]

/** `durationMs`: of each trial, if given. */
export function tour(asked?: { readonly durationMs: number }): readonly Section[] {
  return [
    {
      workloads: workloads
        .filter(({ name }) => !LEFT_OUT.includes(name))
        .map(({ name }) => lasting(name, asked?.durationMs ?? ONCE.durationMs)),
      concurrency: [ONCE.concurrency],
      repeats: 1,
    },
  ]
}
