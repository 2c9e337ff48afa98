/**
 * No call is in flight, so only time changes what is in Redis: holds fall due, keys expire. A reading during
 * which that happened is discarded and repeated, so that everything reported was true at one moment.
 */
import type { NotRead, ReadOrder, StoreReading } from '../../ledger.ts'
import { summarized } from '../complaints.ts'
import type { Hold } from './holds.ts'
import { type HoldNode, keysOf, nowOf } from './keys.ts'

/** Holds fall due rarely and a reading is short: the next reading is nearly always undisturbed. */
const READINGS_MAX = 5
/**
 * Deadlines and the remaining time of a key are whole milliseconds, and the last one may be counted or not.
 */
export const CLOCK_GRAIN_MS = 2

/** What a ledger's keys contain. */
export interface Told extends Pick<StoreReading, 'resources' | 'holds' | 'complaints'> {
  readonly kind: 'told'
  /** As they are stored. */
  readonly stored: readonly Hold[]
}

/** `keys` are without the prefix; `nowMs` is the server's time at the beginning. */
type Read = (keys: readonly string[], nowMs: number) => Promise<Told | NotRead>

export async function readAtRest(
  node: HoldNode,
  { skip, begins }: ReadOrder,
  read: Read,
): Promise<StoreReading | NotRead> {
  const isOurs = ({ id }: { readonly id: string }) => skip.prefix === '' || !id.startsWith(skip.prefix)
  for (let readings = 1; readings <= READINGS_MAX; readings++) {
    begins()
    const keys = await keysOf(node)
    const fromMs = await nowOf(node.client)
    const told = await read(keys, fromMs)
    if (told.kind === 'not-read') return told
    const untilMs = await nowOf(node.client)
    const hasMoved = told.stored.some(
      ({ status, deadlineMs }) =>
        status === 'held' && deadlineMs >= fromMs - CLOCK_GRAIN_MS && deadlineMs <= untilMs + CLOCK_GRAIN_MS,
    )
    if (hasMoved) continue

    const broken = told.stored.flatMap(({ id, broken }) => broken.map((how) => `hold ${id} ${how}`))
    return {
      kind: 'read',
      resources: told.resources.filter(isOurs),
      holds: told.holds.filter(isOurs),
      complaints: summarized([...broken, ...told.complaints]),
    }
  }
  throw new Error(`holds fell due during each of ${READINGS_MAX} readings of Redis`)
}
