/**
 * Groups of two to six who want seats in the same block, each in its own order.
 *
 * It answers: how often do overlapping groups deadlock, starve, or get only some of their seats? A technique
 * that locks rows in the buyer's order deadlocks with itself when two buyers have opposite orders.
 */
import type { Resource } from '../../strategies/strategy.ts'
import { Random } from './random.ts'
import type { PlanSettings, Workload, WorkloadPlan } from './workload.ts'
import { CONFIRM, callers, holdSession, RELEASE, resources, stockFor, units } from './workload.ts'

const SEATS_PER_BLOCK = 40
const BLOCKS = { min: 60, max: 500 } as const
/** Groups per second that no strategy exceeds. */
const GROUPS_PER_SECOND = 15_000
const GROUP = { min: 2, max: 6 } as const
/** The others request any seats of the block, which overlap in more ways than neighbouring ones. */
const ADJACENT_SHARE = 0.5
/** How long a group decides: if two groups hold one seat at once, it must last long enough to be detected. */
const DECIDED_AFTER_MS = { min: 1, max: 5 } as const
/** Few, because a sold seat is no longer contended. */
const CONFIRMED_SHARE = 0.05
/** Callers move on to the next block after about this many groups, when much of the current one is sold. */
const GROUPS_PER_BLOCK = 160

export const multiSeat: Workload = {
  name: 'multi-seat',
  summary: 'overlapping groups of 2 to 6 seats, in any order',
  plan(settings: PlanSettings): WorkloadPlan {
    const { seed, concurrency, durationMs } = settings
    const blocks = stockFor(settings, { ...BLOCKS, perSecond: GROUPS_PER_SECOND / GROUPS_PER_BLOCK })
    const seats = resources(settings, 'seat', { count: blocks * SEATS_PER_BLOCK, capacity: 1 })
    const groupsPerCallerAndBlock = Math.ceil(GROUPS_PER_BLOCK / concurrency)

    function group(random: Random, block: number): readonly Resource[] {
      const blockSeats = seats.slice(block * SEATS_PER_BLOCK, (block + 1) * SEATS_PER_BLOCK)
      const size = random.between(GROUP.min, GROUP.max)
      if (!random.chance(ADJACENT_SHARE)) return random.shuffled(blockSeats).slice(0, size)
      const first = random.below(SEATS_PER_BLOCK - size + 1)
      return random.shuffled(blockSeats.slice(first, first + size))
    }

    return {
      resources: seats,
      callers: callers(settings, (caller) => {
        const random = new Random(seed, 'multi-seat', caller)
        let groups = 0
        return {
          role: 'buyer',
          next() {
            const block = Math.floor(groups++ / groupsPerCallerAndBlock)
            if (block >= blocks) return undefined
            const lines = group(random, block).map((seat) => units(seat))
            const ms = random.between(DECIDED_AFTER_MS.min, DECIDED_AFTER_MS.max)
            const decision = random.chance(CONFIRMED_SHARE) ? CONFIRM : RELEASE
            return holdSession(random, lines, [{ do: 'pause', ms }, decision])
          },
        }
      }),
      durationMs,
    }
  },
}
