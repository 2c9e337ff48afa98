/** What does each kind of standby cost? */
import { lasting } from '../harness/compare/plan.ts'
import { sellOut } from '../harness/workloads/sell-out.ts'
import type { Experiment } from './experiment.ts'
import { basis, ranking, times } from './say.ts'

const GUARDED = 'postgres-conditional-update'
const BATCHED = `${GUARDED}-batched`
const CROWD = 64
const [NONE, ASYNCHRONOUS, SYNCHRONOUS, APPLIED] = [
  'none',
  'asynchronous',
  'synchronous',
  'remote-apply',
] as const
const KINDS = [NONE, ASYNCHRONOUS, SYNCHRONOUS, APPLIED]

export const standby: Experiment = {
  name: 'standby',
  question: 'What does a standby cost, for each meaning of an answer?',
  prediction:
    'An asynchronous one costs what it takes of the machine and no wait. A synchronous one adds its own flush to each commit, one after the other on one disk, so that a commit takes about twice as long; with many callers, whose commits share flushes, it costs less than half. remote_apply adds the replay, which is little. Batches hide most of it, since one commit is many sales.',
  factors: [{ name: 'standby', levels: KINDS }],
  sections: (scale) => [
    {
      workloads: [lasting(sellOut.name, scale.durationMs(1_000))],
      concurrency: [CROWD],
      repeats: scale.repeats,
      strategies: [GUARDED, BATCHED],
    },
  ],
  setups: KINDS.map((name) => ({
    name,
    env: { HOLDFAST_POSTGRES: name === NONE ? '' : `standby:${name}` },
  })),
  figures: ['sales', 'holdP95', 'clientCpu', 'serversCpu'],
  chart: { title: 'Sales per second with each kind of standby', figure: 'sales', along: 'concurrency' },
  expectations: [
    {
      words: 'a commit that the standby has on disk, too, sells less than one that it has not',
      figure: 'sales',
      more: { strategy: GUARDED, concurrency: CROWD, setup: ASYNCHRONOUS },
      than: { strategy: GUARDED, concurrency: CROWD, setup: SYNCHRONOUS },
    },
  ],
  claims: [],
  answer(data) {
    const on = (strategy: string, setup: string) =>
      data.figure('sales', { strategy, concurrency: CROWD, setup })
    const all = (strategy: string) => KINDS.map((setup) => on(strategy, setup))
    const told = (strategy: string) => ranking(all(strategy), ({ of }) => of.setup)
    return `With ${CROWD} callers, primary and standby on the two cores and the disk of one machine: one commit each, ${told(GUARDED)}; callers batched, ${told(BATCHED)}. Asynchronous against synchronous: ${times(on(GUARDED, ASYNCHRONOUS), on(GUARDED, SYNCHRONOUS))}.${basis([...all(GUARDED), ...all(BATCHED)])}`
  },
}
