/** "Best available, together": seats beside each other in one row, the front rows first. */
import type { ShopEvent } from '../catalogue.ts'
import { AVAILABLE } from './seat-board.ts'

/** Up to `limit` different groups of `count` seats, the best first. Several, because others buy meanwhile. */
export function bestTogether(
  event: Pick<ShopEvent, 'sections' | 'seats'>,
  states: Uint8Array,
  count: number,
  limit: number,
): readonly (readonly string[])[] {
  const groups: (readonly string[])[] = []
  let from = 0
  for (const { rows, seats_per_row: width } of event.sections) {
    for (let row = 0; row < rows; row++, from += width) {
      for (const start of runsIn(states, from, width, count)) {
        groups.push(event.seats.slice(start, start + count))
        if (groups.length >= limit) return groups
      }
    }
  }
  return groups
}

/** Where groups begin that do not overlap, those nearest to the middle of the row first. */
function runsIn(states: Uint8Array, from: number, width: number, count: number): readonly number[] {
  const starts: number[] = []
  let free = 0
  for (let at = from; at < from + width; at++) {
    free = states[at] === AVAILABLE ? free + 1 : 0
    if (free < count) continue
    starts.push(at - count + 1)
    free = 0
  }
  const offMiddle = (start: number): number => Math.abs(start + count / 2 - (from + width / 2))
  return starts.toSorted((a, b) => offMiddle(a) - offMiddle(b))
}
