/** A counter of available seats on the event's row: a second hot row? */
import { lasting } from '../harness/compare/plan.ts'
import { seatMap } from '../harness/workloads/seat-map.ts'
import type { Experiment } from './experiment.ts'
import { basis, ifMore, notCarried, ranking, times, told } from './say.ts'
import { variant } from './variants/variant.ts'

const LOCKING = 'postgres-select-for-update'
const COUNTED = 'postgres-select-for-update-counted'
const STRATEGIES = [LOCKING, COUNTED]
const CALLERS = 64

export const countedSeats: Experiment = {
  name: 'counted-seats',
  question: 'A counter of available seats on the row of the event: is it a second hot row?',
  prediction:
    'Yes, the only one. Seats are thousands of rows, but every hold and every release of the event locks the one with the counter until its commit is on disk: a venue then sells no faster than a single counter, however many seats it has.',
  factors: [{ name: 'available_seats', levels: ['counted in each hold', 'not counted'] }],
  variants: [
    variant(
      LOCKING,
      COUNTED,
      'row locks, and a counter on the event',
      () => import('./variants/counted-seats.ts'),
    ),
  ],
  sections: (scale) => [
    {
      workloads: [lasting(seatMap.name, scale.durationMs(1_000))],
      concurrency: [CALLERS],
      repeats: scale.repeats,
      strategies: STRATEGIES,
    },
  ],
  figures: ['goodput', 'sales', 'holdP50', 'holdP95', 'connectionMs'],
  chart: { title: 'Holds granted per second in a venue', figure: 'goodput', along: 'concurrency' },
  expectations: [
    {
      words: 'a venue without a counter on its event grants more',
      figure: 'goodput',
      more: { strategy: LOCKING },
      than: { strategy: COUNTED },
    },
  ],
  claims: [
    {
      source: 'vetora',
      claim: 'The denormalised available_seats, updated on every reservation, is a second hot row.',
      lacks: ['80,000 seats in one event'],
      judge(data) {
        const [without, counted] = STRATEGIES.map((strategy) => data.figure('goodput', { strategy }))
        if (without === undefined || counted === undefined) return notCarried()
        return {
          outcome: ifMore(without, counted, 'holds'),
          measured: `A venue with ${CALLERS} callers grants ${told(counted)} with the counter, ${told(without)} without: ${times(counted, without)}${basis([counted, without])}.`,
        }
      },
    },
  ],
  answer(data) {
    const rates = STRATEGIES.map((strategy) => data.figure('goodput', { strategy }))
    const waits = STRATEGIES.map((strategy) => data.figure('holdP95', { strategy }))
    return `In a venue with ${CALLERS} callers, holds granted: ${ranking(rates)}; hold p95: ${ranking(waits)}. The counter is exact only if every way to free a seat updates it, too.${basis([...rates, ...waits])}`
  },
}
