/** A venue with seats: what does every strategy give? */
import { seatMap } from '../harness/workloads/seat-map.ts'
import { shape } from './shape.ts'

export const oneMap = shape({
  name: 'one-map',
  workload: seatMap.name,
  what: 'A venue with seats, the best ones most in demand',
  figure: 'sales',
  figures: ['sales', 'holdP50', 'holdP95', 'askAgain', 'attempts', 'connectionMs', 'salesPerCpuSecond'],
  prediction:
    'Most buyers want different rows, so that locking costs little and the number of round trips and commits decides: the PostgreSQL strategies lie closer together than on one seat or counter.',
})
