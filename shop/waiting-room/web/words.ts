/** What a visitor is told, in one place for the page and for tests. The script has the same words. */
import type { Estimate } from '../queue/position.ts'

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
