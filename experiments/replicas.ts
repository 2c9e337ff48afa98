/** What does it cost to keep every sale on several replicas of TigerBeetle? */
import { lasting } from '../harness/compare/plan.ts'
import { engineKinds } from '../harness/engines/registry.ts'
import { sellOut } from '../harness/workloads/sell-out.ts'
import type { EngineSetup, Experiment } from './experiment.ts'
import { basis, ranking, times } from './say.ts'

const ONE_EACH = 'tigerbeetle-pending-transfer'
const BATCHED = `${ONE_EACH}-batched`
const CROWD = 128
/** Of the engine that keeps one record on several servers together. */
const REPLICATED = engineKinds.find((kind) => kind.replicates)?.name ?? ''
const SETUPS = [1, 3, 6].map(
  (count): EngineSetup => ({
    name: count === 1 ? '1 replica' : `${count} replicas`,
    env: {},
    servers: { [REPLICATED]: count },
  }),
)

export const replicas: Experiment = {
  name: 'replicas',
  question: 'What do three or six replicas of TigerBeetle cost beside one?',
  prediction:
    'They add safety and no throughput: each request is written by all and answered when most have it. With a disk and a processor each, that is one round trip more; here all share the two cores and the disk of one machine, so that three sell less than half of what one does, and six less again. Batches lose less than single calls, since many callers share what each request costs.',
  factors: [{ name: 'replicas', levels: ['1', '3', '6'] }],
  sections: (scale) => [
    {
      workloads: [lasting(sellOut.name, scale.durationMs(1_000))],
      concurrency: [CROWD],
      repeats: scale.repeats,
      strategies: [ONE_EACH, BATCHED],
    },
  ],
  setups: SETUPS,
  figures: ['sales', 'holdP95', 'clientCpu', 'serversCpu'],
  chart: { title: 'Sales per second on one, three and six replicas', figure: 'sales', along: 'concurrency' },
  expectations: [ONE_EACH, BATCHED].map((strategy) => ({
    words: `${strategy} sells more on one replica than on three`,
    figure: 'sales' as const,
    more: { strategy, concurrency: CROWD, setup: '1 replica' },
    than: { strategy, concurrency: CROWD, setup: '3 replicas' },
  })),
  claims: [],
  answer(data) {
    const on = (strategy: string, setup: string) =>
      data.figure('sales', { strategy, concurrency: CROWD, setup })
    const all = (strategy: string) =>
      ['1 replica', '3 replicas', '6 replicas'].map((setup) => on(strategy, setup))
    const told = (strategy: string) => ranking(all(strategy), ({ of }) => of.setup)
    const cost = (strategy: string) => times(on(strategy, '1 replica'), on(strategy, '3 replicas'))
    const figures = [...all(ONE_EACH), ...all(BATCHED)]
    return `With ${CROWD} callers, all replicas on the two cores and the disk of one machine: one call each, ${told(ONE_EACH)}; callers batched, ${told(BATCHED)}. One replica against three: ${cost(ONE_EACH)} for single calls, ${cost(BATCHED)} for batches.${basis(figures)}`
  },
}
