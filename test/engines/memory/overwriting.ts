/** The same without looking whether somebody else has written meanwhile: it must be caught. */
import type { ReservationStrategy } from '../../../strategies/strategy.ts'
import type { Memory } from './engine.ts'
import { BOOK } from './ledger.ts'
import { reservationsIn } from './swapping.ts'

export { witness } from './ledger.ts'
export { engines } from './swapping.ts'
export const promises = { clock: 'memory', safe: 'never' }

export function create({ memory }: { readonly memory: Memory }): ReservationStrategy {
  return reservationsIn(memory, async (_before, after) => {
    await memory.write(BOOK, after)
    return true
  })
}
