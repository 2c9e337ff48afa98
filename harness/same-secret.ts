import { timingSafeEqual } from 'node:crypto'

/** Takes the same time wherever they differ: an answer does not say how much of a secret was guessed. */
export function isSameSecret(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
