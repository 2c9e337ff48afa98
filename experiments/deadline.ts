/** A payment lands at the deadline, give or take: confirmed or expired, and never both? */
import { lasting } from '../harness/compare/plan.ts'
import { listed } from '../harness/report/format.ts'
import { churn } from '../harness/workloads/churn.ts'
import { sweep } from '../harness/workloads/sweep.ts'
import type { Experiment } from './experiment.ts'

const STRATEGIES = [
  'postgres-select-for-update',
  'postgres-conditional-update',
  'redis-seat-key',
  'redis-lua',
  'redis-hash-fields',
  'tigerbeetle-pending-transfer',
]
const CALLERS = 32
/** Holds last a second, so that each caller meets a few deadlines. */
const PLAY_MS = 3_000

export const deadline: Experiment = {
  name: 'deadline',
  question: 'A payment lands within 20 ms of the deadline: confirmed or expired, and never both?',
  prediction:
    'Never both, if one clock decides and the check of the deadline and the confirmation are one atomic step. Which of the two is decided within the resolution of that clock. A sweeper beside it changes nothing: it frees only what is due.',
  factors: [
    { name: 'workload', levels: [`${churn.name} (freed lazily)`, `${sweep.name} (and by sweepers)`] },
  ],
  sections: (scale) => [
    {
      workloads: [churn, sweep].map(({ name }) => lasting(name, scale.durationMs(PLAY_MS))),
      concurrency: [CALLERS],
      // Not ranked: what counts are deadlines met, not seconds.
      repeats: Math.min(2, scale.repeats),
      strategies: STRATEGIES,
      tailMs: 1_500,
    },
  ],
  figures: ['truthfulAnswers', 'holdP95'],
  chart: { title: 'Truthful answers', figure: 'truthfulAnswers', along: 'concurrency', workload: churn.name },
  claims: [
    {
      source: 'tigerfans',
      claim: 'Pending transfers with a timeout need no cron job and no cleanup, and lose nothing.',
      judge(data) {
        const standing = data.standing('tigerbeetle-pending-transfer')
        if (standing.kind !== 'valid')
          return { outcome: 'not-measured', measured: `It was ${standing.kind} in this run.` }
        return {
          outcome: 'holds',
          measured: `Valid in ${standing.trials} trials with abandoned holds and payments at the deadline: every abandoned unit came back, none early.`,
        }
      },
    },
  ],
  answer(data) {
    const trials = STRATEGIES.flatMap((strategy) =>
      data.conditions.filter((of) => of.strategy === strategy).flatMap((of) => data.trials(of)),
    )
    const confirmed = trials.reduce((sum, { counts }) => sum + counts.confirmed, 0)
    const late = trials.reduce((sum, { counts }) => sum + counts.confirmGone, 0)
    // A proof in which the thing to be shown never happened is none.
    if (confirmed === 0 || late === 0)
      return 'Not answered: no payment came in time, or none came late, in this run.'
    const valid = STRATEGIES.filter((strategy) => data.standing(strategy).kind === 'valid')
    const others = STRATEGIES.filter((strategy) => !valid.includes(strategy))
    return `Never both under ${listed(valid)}: of ${confirmed + late} confirms, ${confirmed} were in time and ${late} came too late, and the checker found no hold that was both confirmed and freed, and no unit freed early or lost.${others.length === 0 ? '' : ` Not shown for ${listed(others)}.`}`
  },
}
