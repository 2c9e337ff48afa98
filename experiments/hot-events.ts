/** Do more masters sell more, and does it help the event that everybody wants? */
import { lasting } from '../harness/compare/plan.ts'
import { counted } from '../harness/report/format.ts'
import { hotEvents } from '../harness/workloads/hot-events.ts'
import type { Condition } from './data.ts'
import type { Experiment } from './experiment.ts'
import { basis, ranking, times, told } from './say.ts'

const RECORD = 'redis-lua'
const FEW = 16
const MANY = 128
const WORKLOADS = [1, 3, 30].map(hotEvents)
const ONE_HOT = hotEvents(1).name
const MANY_HOT = hotEvents(30).name
const SINGLE = { name: '1 server', env: { HOLDFAST_REDIS: '' } }
const ONE = { name: '1 master', env: { HOLDFAST_REDIS: 'cluster:1' } }
const THREE = { name: '3 masters', env: { HOLDFAST_REDIS: 'cluster:3' } }

export const hotEventsOnMasters: Experiment = {
  name: 'hot-events',
  question: 'Do more masters of a cluster sell more, and does that help one hot event?',
  prediction:
    'One hot event is the work of one master, so that two more change nothing for it. Thirty are spread, and would gain with processors and disks of their own; here all masters and their replicas share the two cores and the disk of one machine, so that they gain little. Each master flushes for itself: callers that are divided share fewer flushes, and with few callers three masters may even sell less.',
  factors: [
    { name: 'hot events', levels: ['1', '3', '30'] },
    {
      name: 'engines',
      levels: ['one server without a replica', 'one master', 'three masters, a replica each'],
    },
    { name: 'callers', levels: [String(FEW), String(MANY)] },
  ],
  sections: (scale) => [
    {
      workloads: WORKLOADS.map(({ name }) => lasting(name, scale.durationMs(1_000))),
      concurrency: [FEW, MANY],
      repeats: scale.repeats,
      strategies: [RECORD],
    },
  ],
  workloads: WORKLOADS,
  setups: [SINGLE, ONE, THREE],
  figures: ['goodput', 'holdP95', 'clientCpu', 'serversCpu'],
  chart: {
    title: 'Holds per second on one master and on three',
    figure: 'goodput',
    along: 'concurrency',
    panels: 'workload',
  },
  expectations: [
    {
      words: 'with 30 hot events and many callers, three masters grant more than one',
      figure: 'goodput',
      more: { strategy: RECORD, workload: MANY_HOT, concurrency: MANY, setup: THREE.name },
      than: { strategy: RECORD, workload: MANY_HOT, concurrency: MANY, setup: ONE.name },
    },
  ],
  claims: [],
  answer(data) {
    const at = (workload: string, of: Omit<Condition, 'strategy'>) =>
      data.figure('goodput', { strategy: RECORD, workload, ...of })
    const on = (concurrency: number) =>
      WORKLOADS.flatMap(({ name }) =>
        [ONE, THREE].map((setup) => at(name, { concurrency, setup: setup.name })),
      )
    const single = at(ONE_HOT, { concurrency: MANY, setup: SINGLE.name })
    const gain = (workload: string) =>
      times(
        at(workload, { concurrency: MANY, setup: THREE.name }),
        at(workload, { concurrency: MANY, setup: ONE.name }),
      )
    const all = [...on(FEW), ...on(MANY)]
    const named = ranking(
      on(MANY),
      ({ of }) => `${counted(Number(of.workload.replace('hot-events-', '')), 'event')} on ${of.setup}`,
    )
    return `With ${MANY} callers, all servers on the two cores of one machine, by the number of hot events: ${named}. Three masters against one: ${gain(ONE_HOT)} for one hot event, ${gain(MANY_HOT)} for thirty. One server without a replica: ${told(single)}.${basis(all)}`
  },
}
