/**
 * The lottery, so that anybody can check it. The seed is fixed before anyone joins, and its hash is
 * published; at the opening the seed is. Places are ordered by a keyed hash of their ids:
 *
 *     commitment = SHA-256(seed), the seed as 32 bytes
 *     key        = the first 32 hexadecimal digits of HMAC-SHA-256(key: seed, message: place id)
 *     numbers    = by key, ascending
 *
 * An operator cannot choose the seed after the entrants. One who invents ids of places can still choose
 * those: against its operator, a lottery needs a seed that nobody has alone.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Called } from './room.ts'

const SEED_BYTES = 32
const KEY_DIGITS = 32

export function newSeed(): string {
  return randomBytes(SEED_BYTES).toString('hex')
}

export function commitmentOf(seed: string): string {
  return createHash('sha256').update(Buffer.from(seed, 'hex')).digest('hex')
}

export function drawKey(seed: string, place: string): string {
  return createHmac('sha256', Buffer.from(seed, 'hex')).update(place).digest('hex').slice(0, KEY_DIGITS)
}

/** Why a published draw is not what was committed to; undefined if it is. */
export function drawFault(commitment: string, seed: string, places: readonly Called[]): string | undefined {
  if (commitmentOf(seed) !== commitment) return 'the seed is not the one that was committed to'
  let before: Called & { readonly key: string } = { place: '', number: 0, key: '' }
  for (const { place, number } of places) {
    const key = drawKey(seed, place)
    if (number <= before.number) return `number ${number} comes after ${before.number}`
    if (key < before.key) return `${place} has number ${number}, and should be before ${before.place}`
    before = { place, number, key }
  }
  return undefined
}
