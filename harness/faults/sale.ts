/**
 * What is sold while a fault happens. Seats, each asked for by three rivals one after another, so that one
 * which is free twice is sold twice; and a GA tier, whose holds are confirmed, released or abandoned. A call
 * without an answer is sent again under the same id.
 *
 * It goes on until it is told to close. Then every seat that was ever asked for is asked for once more, and
 * the tier is sold out: a sale that an engine has lost is made again, and the history shows it.
 */
import { Random } from '../workloads/random.ts'
import type { BuyerSession, HoldSession, PlanSettings, Step, Workload } from '../workloads/workload.ts'
import { CONFIRM, callers, RELEASE, resource, resources, TTL_MS_LONG, units } from '../workloads/workload.ts'
import type { BuyersMood } from './fault.ts'

/** As many rows of seats, each walked by three rivals. */
const ROWS = 4
const RIVALS = 3
export const SALE_CALLERS = ROWS * RIVALS
/** More than a sale reaches at this pace until it closes, a dozen seconds later. */
const SEATS = 1_500
export const TIER = 'tier'
const TIER_CAPACITY = 400
const TIER_SHARE = 0.25
/** A buyer's time between two purchases, milliseconds. */
const PAUSE_MS = { min: 50, max: 110 } as const
const SHARES = { confirmed: 0.6, released: 0.25 } as const
/** The shortest: what was abandoned is free again soon. */
const ABANDONED_TTL_MS = 1_000
/** Around the deadline: some of these confirms come before it, some after it. */
const LAST_MINUTE_MS = { min: -40, max: 25 } as const
/**
 * A buyer who is told that somebody else is at work on a seat asks again, for longer than any lease lasts:
 * milliseconds between two tries.
 */
const RETRY_AFTER_MS = { min: 50, max: 250 } as const
const RETRIES = 12
/** With waits that double, for about a second and a half; the last of them well after most faults. */
const RESENDS = 5
/** The tier is closed in lumps of this many units, and then one by one. */
const LUMP = 10
/** Only a limit: a sale ends when it is closed and everything was asked for. */
const SALE_MS_MAX = 60_000

export const SALE_NAME = 'sale-with-a-fault'

export interface FaultSale extends BuyersMood {
  readonly workload: Workload
  /** Until it closes, nobody begins to ask for the tier. */
  onlySeats(): void
  /** From now on everything is asked for once more, and then nothing. */
  close(): void
}

export function saleOf(): FaultSale {
  let isClosing = false
  let isSeatsOnly = false
  let copies = 1
  let isLastMinute = false
  return {
    workload: {
      name: SALE_NAME,
      summary: 'seats and a GA tier, sold while a fault happens',
      plan: (settings) =>
        planOf(settings, {
          isClosing: () => isClosing,
          isSeatsOnly: () => isSeatsOnly,
          copies: () => copies,
          isLastMinute: () => isLastMinute,
        }),
    },
    onlySeats() {
      isSeatsOnly = true
    },
    impatient(times) {
      copies = times
    },
    lastMinute(isSo) {
      isLastMinute = isSo
    },
    close() {
      isClosing = true
      copies = 1
    },
  }
}

interface SalePhase {
  readonly isClosing: () => boolean
  readonly isSeatsOnly: () => boolean
  readonly copies: () => number
  readonly isLastMinute: () => boolean
}

function planOf(settings: PlanSettings, phase: SalePhase) {
  const { isClosing, isSeatsOnly, isLastMinute } = phase
  const seats = resources(settings, 'seat', { count: SEATS, capacity: 1 })
  const tier = resource(settings, TIER, TIER_CAPACITY)
  /** The next seat of each walker. */
  const at = Array.from({ length: settings.concurrency }, (_, caller) => caller % ROWS)
  const closing = closingSessions(new Random(settings.seed, 'closing'), {
    reached: () => seats.slice(0, Math.max(...at) + 1).map((seat) => units(seat)),
    tier: (quantity) => units(tier, quantity),
  })

  const sent = (session: HoldSession): HoldSession => ({ ...session, copies: phase.copies() })

  function walker(caller: number) {
    const random = new Random(settings.seed, 'sale', caller)
    return {
      role: 'buyer' as const,
      next(): BuyerSession | undefined {
        if (isClosing()) return closing.next().value
        const pause: Step = { do: 'pause', ms: random.between(PAUSE_MS.min, PAUSE_MS.max) }
        const seat = seats[at[caller] ?? SEATS]
        const isOfTier = random.chance(TIER_SHARE) && !isSeatsOnly()
        if (seat === undefined || isOfTier) return sent(ofTier(random, pause))
        at[caller] = (at[caller] ?? 0) + ROWS
        if (!isLastMinute()) return sent(asking(random, units(seat), [CONFIRM, pause]))
        const due: Step = {
          do: 'wait-for-deadline',
          offsetMs: random.between(LAST_MINUTE_MS.min, LAST_MINUTE_MS.max),
        }
        return { ...asking(random, units(seat), [due, CONFIRM]), ttlMs: ABANDONED_TTL_MS }
      },
    }
  }

  function ofTier(random: Random, pause: Step): HoldSession {
    const line = units(tier, random.between(1, 2))
    const chance = random.float()
    if (chance < SHARES.confirmed) return asking(random, line, [CONFIRM, pause])
    if (chance < SHARES.confirmed + SHARES.released) return asking(random, line, [RELEASE, pause])
    return { ...asking(random, line, [pause]), ttlMs: ABANDONED_TTL_MS }
  }

  return {
    resources: [...seats, tier],
    callers: callers(settings, walker),
    durationMs: SALE_MS_MAX,
  }
}

function asking(random: Random, line: HoldSession['lines'][number], steps: readonly Step[]): HoldSession {
  return {
    kind: 'hold',
    lines: [line],
    ttlMs: TTL_MS_LONG,
    copies: 1,
    retryAfterMs: Array.from({ length: RETRIES }, () =>
      random.between(RETRY_AFTER_MS.min, RETRY_AFTER_MS.max),
    ),
    resends: RESENDS,
    steps,
  }
}

/** One queue for all callers. */
function* closingSessions(
  random: Random,
  of: {
    readonly reached: () => readonly HoldSession['lines'][number][]
    readonly tier: (quantity: number) => HoldSession['lines'][number]
  },
): Generator<BuyerSession, undefined> {
  for (const line of of.reached()) yield asking(random, line, [CONFIRM])
  for (const quantity of [LUMP, 1]) {
    const times = quantity === 1 ? LUMP : TIER_CAPACITY / LUMP
    for (let time = 0; time < times; time++) yield asking(random, of.tier(quantity), [CONFIRM])
  }
  return undefined
}
