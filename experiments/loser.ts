/** FOR UPDATE, NOWAIT, SKIP LOCKED: what does the loser of a hot seat learn, when, and is it true? */
import { lasting } from '../harness/compare/plan.ts'
import { formatFigure } from '../harness/report/format.ts'
import { hotSeat } from '../harness/workloads/hot-seat.ts'
import type { Experiment } from './experiment.ts'
import { basis, ranking, told } from './say.ts'

const WAITING = 'postgres-select-for-update'
const REFUSING = 'postgres-nowait'
const SKIPPING = 'postgres-skip-locked'
const GUARDED = 'postgres-conditional-update'
const STRATEGIES = [WAITING, REFUSING, SKIPPING, GUARDED]
const CALLERS = [16, 64]
const [, CROWD = 64] = CALLERS
/** A lookup or two while the row is locked; without any, the lock is free again before anybody meets it. */
const WORK_MS = 5

export const loser: Experiment = {
  name: 'loser',
  question: 'FOR UPDATE, NOWAIT, SKIP LOCKED: what does the loser learn, when, and is it true?',
  prediction:
    'FOR UPDATE tells every loser the truth, as late as its place in the queue. NOWAIT answers at once, but only "ask again", which is no answer. SKIP LOCKED answers at once and definitely, and is sometimes wrong: it skips a seat whose buyer may still give it back. A conditional update is as true as FOR UPDATE and sooner, since nobody works while its lock is held.',
  factors: [{ name: 'callers', levels: CALLERS.map(String) }],
  sections: (scale) => [
    {
      workloads: [lasting(hotSeat.name, scale.durationMs(2_000))],
      concurrency: CALLERS,
      repeats: scale.repeats,
      strategies: STRATEGIES,
      criticalSectionMs: WORK_MS,
    },
  ],
  figures: ['truthfulAnswers', 'loserP50', 'loserP95', 'askAgain', 'wronglyRefused', 'connectionMsPerAnswer'],
  chart: { title: 'Time until a loser knows, p95', figure: 'loserP95', along: 'concurrency' },
  claims: [],
  answer(data) {
    const of = (strategy: string) => ({ strategy, concurrency: CROWD })
    const soonest = STRATEGIES.map((strategy) => data.figure('loserP95', of(strategy)))
    const again = data.figure('askAgain', of(REFUSING))
    const waits = data.figure('connectionMsPerAnswer', of(WAITING))
    const refuses = data.figure('connectionMsPerAnswer', of(REFUSING))
    const wrong = data.figure('wronglyRefused', of(SKIPPING))
    const share = wrong === undefined ? '–' : `${formatFigure(wrong.median)} %`
    return `With ${CROWD} callers and ${WORK_MS} ms of work under the lock, 95 % of the losers know by, soonest first: ${ranking(soonest)}. NOWAIT tells ${told(again)} of its callers only to ask again, and keeps a connection for ${told(refuses)} an answer where FOR UPDATE needs ${told(waits)}; of what SKIP LOCKED refused, ${share} was certainly wrong.${basis([...soonest, again, waits, refuses])}`
  },
}
