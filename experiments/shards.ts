/** Do more servers of PostgreSQL sell more, and does it help the event that everybody wants? */
import { lasting } from '../harness/compare/plan.ts'
import { counted } from '../harness/report/format.ts'
import { eventsIn, hotEvents } from '../harness/workloads/hot-events.ts'
import type { Experiment } from './experiment.ts'
import { basis, ranking, times } from './say.ts'

const STRATEGY = 'postgres-conditional-update'
const CROWD = 128
const HOT = [1, 30].map(hotEvents)
const ONE_HOT = hotEvents(1).name
const MANY_HOT = hotEvents(30).name
const ONE = { name: '1 server', env: { HOLDFAST_POSTGRES: '' } }
const THREE = { name: '3 servers', env: { HOLDFAST_POSTGRES: 'shards:3' } }
/** Each server has a pool of this size. */
const POOL = 16
/** On one server as many connections as three have together. */
const POOL_OF_THREE = 3 * POOL

export const shards: Experiment = {
  name: 'shards',
  question:
    'Does dividing events among several servers of PostgreSQL sell more, and does that help one hot event?',
  prediction:
    'One hot event lives on one server, so that two more change nothing for it. Thirty are divided. With a processor and a disk each, three servers would sell almost three times as much; here all share the two cores and the disk of one machine with the load generator, which one server uses up, so that three sell about as much as one does, or less: each flushes its own journal, and shares its flushes with a third of the callers. Three servers have three pools. One server with as many connections as they have together is therefore measured too, and is expected to sell a little more than with one pool, since more commits share a flush.',
  factors: [
    { name: 'hot events', levels: ['1', '30'] },
    { name: 'servers', levels: ['1', '3, an event on one of them'] },
    { name: 'connections of each server', levels: [String(POOL), String(POOL_OF_THREE)] },
  ],
  sections: (scale) =>
    [POOL, POOL_OF_THREE].map((poolSize) => ({
      workloads: HOT.map(({ name }) => lasting(name, scale.durationMs(1_000))),
      concurrency: [CROWD],
      repeats: scale.repeats,
      strategies: [STRATEGY],
      poolSize,
    })),
  workloads: HOT,
  setups: [ONE, THREE],
  figures: ['goodput', 'holdP95', 'clientCpu', 'serversCpu'],
  chart: {
    title: 'Holds per second on one server of PostgreSQL and on three',
    figure: 'goodput',
    along: 'poolSize',
    panels: 'workload',
  },
  expectations: [
    {
      words: 'with 30 hot events, three servers grant more than one that has as many connections',
      figure: 'goodput',
      more: { strategy: STRATEGY, workload: MANY_HOT, poolSize: POOL, setup: THREE.name },
      than: { strategy: STRATEGY, workload: MANY_HOT, poolSize: POOL_OF_THREE, setup: ONE.name },
    },
  ],
  claims: [],
  answer(data) {
    const at = (workload: string, poolSize: number, { name: setup }: { readonly name: string }) =>
      data.figure('goodput', { strategy: STRATEGY, workload, poolSize, setup })
    const alike = (workload: string) => times(at(workload, POOL, THREE), at(workload, POOL_OF_THREE, ONE))
    const each = (workload: string) => times(at(workload, POOL, THREE), at(workload, POOL, ONE))
    const all = HOT.flatMap(({ name }) => [
      at(name, POOL, ONE),
      at(name, POOL_OF_THREE, ONE),
      at(name, POOL, THREE),
    ])
    const named = ranking(
      all,
      ({ of }) =>
        `${counted(eventsIn(of.workload), 'event')} on ${of.setup}, ${of.poolSize} connections each`,
    )
    return `With ${CROWD} callers, all servers on the two cores and the disk of one machine, by the number of hot events: ${named}. Three servers against one with a pool of the same size: ${each(ONE_HOT)} for one hot event, ${each(MANY_HOT)} for thirty; against one with as many connections in all: ${alike(ONE_HOT)} for one and ${alike(MANY_HOT)} for thirty.${basis(all)}`
  },
}
