/** Do more masters sell more, and does it help the event that everybody wants? */
import { lasting } from '../harness/compare/plan.ts'
import { counted } from '../harness/report/format.ts'
import { eventsIn, hotEvents } from '../harness/workloads/hot-events.ts'
import type { Condition } from './data.ts'
import type { Experiment } from './experiment.ts'
import { basis, ranking, times, told } from './say.ts'

const RECORD = 'redis-lua'
/** Whose sales, or whose record, are in PostgreSQL: one server, however many masters there are. */
const HALF_THERE = ['redis-seat-key', 'redis-setnx-fenced'] as const
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
    'One hot event is the work of one master, so that two more change nothing for it. Thirty are spread, and would gain with processors and disks of their own; here all masters and their replicas share the two cores and the disk of one machine, so that they gain little. Each master flushes for itself: callers that are divided share fewer flushes, and with few callers three masters may even sell less. redis-seat-key keeps its holds in Redis and only sales in PostgreSQL: it is expected to come out as redis-lua does, with fewer holds, since it sends more requests. The leases of redis-setnx-fenced stand before a record in one PostgreSQL server, which limits it: masters change nothing for it, whatever the number of events.',
  factors: [
    { name: 'hot events', levels: ['1', '3', '30'] },
    {
      name: 'engines',
      levels: ['one server without a replica', 'one master', 'three masters, a replica each'],
    },
    { name: 'callers', levels: [`${FEW} (of ${RECORD})`, String(MANY)] },
  ],
  sections: (scale) => [
    {
      workloads: WORKLOADS.map(({ name }) => lasting(name, scale.durationMs(1_000))),
      concurrency: [FEW, MANY],
      repeats: scale.repeats,
      strategies: [RECORD],
    },
    {
      workloads: WORKLOADS.map(({ name }) => lasting(name, scale.durationMs(1_000))),
      concurrency: [MANY],
      repeats: scale.repeats,
      strategies: HALF_THERE,
    },
  ],
  workloads: WORKLOADS,
  setups: [SINGLE, ONE, THREE],
  figures: ['goodput', 'holdP95', 'clientCpu', 'serversCpu'],
  chart: {
    title: 'Holds per second on one master and on three',
    figure: 'goodput',
    along: 'concurrency',
    concurrency: MANY,
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
    const at = (strategy: string, workload: string, of: Omit<Condition, 'strategy'>) =>
      data.figure('goodput', { strategy, workload, ...of })
    const on = (strategy: string, concurrency: number) =>
      WORKLOADS.flatMap(({ name }) =>
        [ONE, THREE].map((setup) => at(strategy, name, { concurrency, setup: setup.name })),
      )
    const single = at(RECORD, ONE_HOT, { concurrency: MANY, setup: SINGLE.name })
    const gain = (strategy: string, workload: string) =>
      times(
        at(strategy, workload, { concurrency: MANY, setup: THREE.name }),
        at(strategy, workload, { concurrency: MANY, setup: ONE.name }),
      )
    const gains = (strategy: string) =>
      `${gain(strategy, ONE_HOT)} for one hot event, ${gain(strategy, MANY_HOT)} for thirty`
    const named = ranking(
      on(RECORD, MANY),
      ({ of }) => `${counted(eventsIn(of.workload), 'event')} on ${of.setup}`,
    )
    const others = HALF_THERE.flatMap((strategy) => {
      const figures = on(strategy, MANY)
      return figures.every((figure) => figure === undefined) ? [] : [{ strategy, figures }]
    })
    const alike = others.map(({ strategy }) => ` With ${strategy}: ${gains(strategy)}.`).join('')
    const all = [...on(RECORD, FEW), ...on(RECORD, MANY), ...others.flatMap(({ figures }) => figures)]
    return `With ${MANY} callers, all servers on the two cores of one machine, by the number of hot events: ${named}. Three masters against one: ${gains(RECORD)}. One server without a replica: ${told(single)}.${alike}${basis(all)}`
  },
}
