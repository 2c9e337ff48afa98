/**
 * What a visitor is told. The script of the page is made of the text of these functions, so they name nothing
 * outside themselves.
 */
import type { Estimate } from '../queue/position.ts'
import type { RoomFigures } from '../queue/room.ts'

/** `about 4 minutes (3 to 6)`: rounded so that it does not pretend to know more than it does. */
export function waitText(estimate: Estimate | undefined): string {
  if (estimate === undefined) return 'not known yet'
  const { seconds, low, high } = estimate
  if (high < 60) return 'less than a minute'
  const minutes = (each: number): number => Math.max(1, Math.round(each / 60))
  const [from, to] = [minutes(low), minutes(high)]
  const about = `about ${minutes(seconds)} ${minutes(seconds) === 1 ? 'minute' : 'minutes'}`
  return from === to ? about : `${about} (${from} to ${to})`
}

/** `1:05` */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** For those who wait when the last one is sold, and for those who come later. */
export const GONE = {
  title: 'Everything is sold',
  notice: 'There is nothing left, so nobody else is called. You need not wait any longer.',
} as const

type LineNews = Pick<RoomFigures, 'door' | 'stock' | 'isOpen' | 'opensInMs'> & {
  readonly pace?: number | undefined
}

/** Whether the line moves, and how fast. `clock`: `clockText`. */
export function lineText(
  { door, stock, isOpen, opensInMs, pace }: LineNews,
  clock: (ms: number) => string,
): string {
  if (!isOpen) return `opens in ${clock(opensInMs)}`
  if (door === 'closed') return 'stands still: the room is closed'
  if (stock === 'held')
    return 'stands still: all is in the hands of buyers, and moves on if some is free again'
  return pace === undefined
    ? 'begins to move'
    : `about ${Math.max(1, Math.round(pace)).toLocaleString('en')} a minute`
}
