/** A hold, confirm or release is sent again: one effect, one answer? */
import { lasting } from '../harness/compare/plan.ts'
import { listed } from '../harness/report/format.ts'
import { retry } from '../harness/workloads/retry.ts'
import type { Experiment } from './experiment.ts'

const STRATEGIES = [
  'postgres-select-for-update',
  'postgres-conditional-update',
  'postgres-conditional-update-batched',
  'redis-seat-key',
  'redis-lua',
  'tigerbeetle-pending-transfer-batched',
]
const CALLERS = 32

export const repeatedRequests: Experiment = {
  name: 'repeated-requests',
  question: 'A hold or a confirm is sent again, as after a lost answer: one effect?',
  prediction:
    'One effect and the same answer, under every strategy: the id that the caller chose is written in the same atomic step as its effect, so that a second request finds it, at once or later.',
  factors: [
    { name: 'when it is sent again', levels: ['at the same time', 'afterwards', 'after the hold ended'] },
  ],
  sections: (scale) => [
    {
      workloads: [lasting(retry.name, scale.durationMs(1_500))],
      concurrency: [CALLERS],
      // Not ranked: what counts are repeated requests.
      repeats: Math.min(3, scale.repeats),
      strategies: STRATEGIES,
    },
  ],
  figures: ['holdP50', 'holdP95'],
  chart: { title: 'A hold, p95', figure: 'holdP95', along: 'concurrency' },
  claims: [
    {
      source: 'notes',
      claim: 'Payment must be idempotent, so that a repeated request has one effect.',
      lacks: ['a payment service', 'an answer that is really lost, which needs a fault in the network'],
      judge(data) {
        const valid = STRATEGIES.filter((strategy) => data.standing(strategy).kind === 'valid')
        return {
          outcome: valid.length === 0 ? 'not-measured' : 'in-part',
          measured: `The reservation is: one effect under ${listed(valid)}.`,
        }
      },
    },
  ],
  answer(data) {
    const valid = STRATEGIES.filter((strategy) => data.standing(strategy).kind === 'valid')
    const replayed = valid
      .flatMap((strategy) => data.trials({ strategy }))
      .reduce((sum, { counts }) => sum + counts.replayed, 0)
    if (replayed === 0) return 'Not answered: no granted hold was requested again in this run.'
    const others = STRATEGIES.filter((strategy) => !valid.includes(strategy))
    return `One effect under ${listed(valid)}: ${replayed.toLocaleString('en-US')} granted holds were requested again, at the same time or later, and the checker found one effect and one answer for each.${others.length === 0 ? '' : ` Not shown for ${listed(others)}.`} An answer that is really lost needs a fault, which this experiment does not inject.`
  },
}
