/** One hot seat: what does every strategy give? */
import { hotSeat } from '../harness/workloads/hot-seat.ts'
import { shape } from './shape.ts'

export const oneSeat = shape({
  name: 'one-seat',
  workload: hotSeat.name,
  what: 'One hot seat',
  figure: 'truthfulAnswers',
  figures: ['truthfulAnswers', 'loserP50', 'loserP95', 'askAgain', 'bystanderP95', 'readP95'],
  prediction:
    'What answers a loser without making it wait gives most answers: one command in Redis or one batch of transfers, then one statement in PostgreSQL, then what locks; last what polls for a lease or repeats a transaction.',
})
