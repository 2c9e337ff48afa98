/** What does a network between the service and its engines cost: are round trips free? */
import { lasting } from '../harness/compare/plan.ts'
import { sellOut } from '../harness/workloads/sell-out.ts'
import type { Experiment } from './experiment.ts'
import { basis, ranking, told } from './say.ts'

/** By round trips per hold, the fewest first. */
const ONE = 'postgres-conditional-update'
const THREE = 'postgres-select-for-update'
const STRATEGIES = ['redis-lua', 'tigerbeetle-pending-transfer-batched', ONE, THREE, 'redis-setnx']
const LATENCIES = [1, 5, 10]
const FAR = 10
const CALLERS = 16

export const roundTrips: Experiment = {
  name: 'round-trips',
  question: 'What does a network between the service and its engines cost?',
  prediction:
    'As much as a hold has round trips, times the latency; and on one counter, what others wait is the number of round trips between lock and commit. A hold of one round trip keeps most of its rate, one of seven loses nearly all of it. On one machine the two look alike.',
  factors: [{ name: 'ms of round-trip time added', levels: ['0', ...LATENCIES.map(String)] }],
  sections: (scale) =>
    [undefined, ...LATENCIES].map((networkLatencyMs) => ({
      workloads: [lasting(sellOut.name, scale.durationMs(1_000))],
      concurrency: [CALLERS],
      repeats: scale.repeats,
      strategies: STRATEGIES,
      ...(networkLatencyMs !== undefined && { networkLatencyMs }),
    })),
  figures: ['goodput', 'holdP50', 'holdP95', 'connectionMs'],
  chart: { title: 'Holds granted per second', figure: 'goodput', along: 'networkLatencyMs' },
  expectations: [
    {
      words: 'one round trip grants more over a far network than several under a lock',
      figure: 'goodput',
      more: { strategy: ONE, networkLatencyMs: FAR },
      than: { strategy: THREE, networkLatencyMs: FAR },
    },
  ],
  claims: [],
  answer(data) {
    const of = (networkLatencyMs: number) =>
      STRATEGIES.map((strategy) => data.figure('goodput', { strategy, networkLatencyMs }))
    const [near, far] = [of(0), of(FAR)]
    const [one, three] = [ONE, THREE].map((strategy) =>
      data.figure('holdP50', { strategy, networkLatencyMs: FAR }),
    )
    return `On one counter with ${CALLERS} callers and ${FAR} ms of round-trip time: ${ranking(far)}; without: ${ranking(near)}. A hold of one round trip then takes ${told(one)} (p50), one that keeps its lock over several ${told(three)}.${basis([...near, ...far])}`
  },
}
