/** The answer of a join, as both stores write it. */
import type { JoinAnswer } from '../queue/room.ts'

/** A refusal; or place, whether it is new, and number. */
export type JoinWords = readonly [word: string, isNew?: number, number?: string | number]

export function joinAnswer([word, isNew, number]: JoinWords): JoinAnswer {
  if (isNew !== undefined) return { kind: 'joined', place: word, isNew: isNew === 1, number: Number(number) }
  return { kind: word as Exclude<JoinAnswer['kind'], 'joined'> }
}
