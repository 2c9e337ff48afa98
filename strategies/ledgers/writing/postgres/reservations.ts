/**
 * What the strategies on PostgreSQL share: everything that does not depend on the technique or on where units
 * are counted. A technique only adds how it claims units (`ClaimOnce`); replays, sold-out, confirm, release,
 * expiry and reads are here and in the files beside this one.
 *
 * Locks are taken in one order everywhere, so that no deadlock is possible: resources by id, then holds by
 * id. A confirm locks its hold, or a batch of them all of theirs, and then nothing else.
 *
 * The clock is `clock_timestamp()`, read after the lock is acquired: `now()` is the transaction's start, and
 * a confirm that waited for a lock would succeed after its deadline.
 */
import type { Kysely } from 'kysely'
import type {
  ConfirmOutcome,
  HoldId,
  HoldOutcome,
  HoldRequest,
  ReservationStrategy,
  Resource,
} from '../../../strategy.ts'
import { inIdOrder } from '../lines.ts'
import { againIfAborted } from './aborted.ts'
import { backOff } from './back-off.ts'
import type { Claim, ClaimOnce } from './claim.ts'
import { confirm, expireDue, expireDueOn, release } from './endings.ts'
import { contendedBy, isHoldIdTaken } from './errors.ts'
import { availability, inspect } from './looks.ts'
import { type Replay, replay } from './replay.ts'
import { createTables, insertResources } from './tables.ts'
import type { TakenUnits } from './taken-units.ts'

export interface Technique {
  readonly claim: ClaimOnce
  /**
   * How often a contended claim is tried between two looks, with jitter in between. 1: the technique does not
   * retry.
   */
  readonly attemptsMax?: number
  readonly random?: () => number
  /** If the technique does not confirm each hold by a statement of its own. */
  readonly confirm?: (id: HoldId) => Promise<ConfirmOutcome>
}

/** Where units are counted, and which tables that needs besides the shared ones. */
export interface Counting {
  readonly units: TakenUnits
  /** Called once the resources exist. */
  prepare?(db: Kysely<unknown>, resources: readonly Resource[]): Promise<void>
}

/**
 * How often a hold looks at the table again when a claim found too few units but the look found enough, or
 * some due. More looks would only help a buyer that keeps losing against many others: `contended` tells it to
 * retry.
 */
const LOOKS_MAX = 4

/** Makes a strategy from a technique. */
export function reservationsWith(
  db: Kysely<unknown>,
  { units, prepare }: Counting,
  technique: Technique,
): ReservationStrategy {
  return {
    async createResources(resources) {
      await createTables(db)
      await insertResources(db, resources)
      await prepare?.(db, resources)
    },
    hold: (request) => hold(db, units, technique, { ...request, lines: inIdOrder(request.lines) }),
    confirm: (id) => againIfAborted(() => technique.confirm?.(id) ?? confirm(db, id), technique.random),
    release: (id) => againIfAborted(() => release(db, units, id), technique.random),
    availability: (ids) => availability(db, units, ids),
    expireDue: (limit) => againIfAborted(() => expireDue(db, units, limit), technique.random),
    async close() {},
  }
}

async function hold(
  db: Kysely<unknown>,
  units: TakenUnits,
  technique: Technique,
  request: HoldRequest,
): Promise<HoldOutcome> {
  let attempts = 0
  for (let look = 1; look <= LOOKS_MAX; look++) {
    const { claimed, tries } = await claimWithRetries(db, technique, request)
    attempts += tries
    if (claimed.kind === 'contended' || claimed.kind === 'sold-out') return { ...claimed, attempts }
    if (claimed.kind !== 'short') return answer(claimed, attempts)

    const seen = await againIfAborted(() => inspect(db, units, request), technique.random)
    switch (seen.kind) {
      case 'known-id':
        return answer(await againIfAborted(() => replay(db, request), technique.random), attempts)
      case 'sold-out':
        return { ...seen, attempts }
      case 'due':
        await againIfAborted(() => expireDueOn(db, units, request.lines), technique.random)
        break
      case 'free':
        if (claimed.soldOut !== undefined) return { kind: 'sold-out', resourceId: claimed.soldOut, attempts }
        break
      default:
        seen satisfies never
    }
  }
  return { kind: 'contended', reason: 'units-in-motion', attempts }
}

async function claimWithRetries(
  db: Kysely<unknown>,
  { claim, attemptsMax = 1, random = Math.random }: Technique,
  request: HoldRequest,
): Promise<{ readonly claimed: Claim | Replay; readonly tries: number }> {
  for (let tries = 1; ; tries++) {
    let claimed: Claim | Replay
    try {
      claimed = await claim(request)
    } catch (error) {
      claimed = await claimedInstead(db, request, error)
    }
    if (claimed.kind !== 'contended' || tries >= attemptsMax) return { claimed, tries }
    await backOff(tries, random)
  }
}

/** What an error says that is an answer. Throws any other. */
async function claimedInstead(
  db: Kysely<unknown>,
  request: HoldRequest,
  error: unknown,
): Promise<Claim | Replay> {
  if (isHoldIdTaken(error)) return replay(db, request)
  const reason = contendedBy(error)
  if (reason === undefined) throw error
  return { kind: 'contended', reason }
}

function answer(done: Extract<Claim, { kind: 'claimed' }> | Replay, attempts: number): HoldOutcome {
  if (done.kind === 'id-reused') return done
  const { deadlineMs, versions } = done
  return { kind: 'held', deadlineMs, ...(versions && { versions }), attempts }
}
