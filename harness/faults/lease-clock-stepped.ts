import { stepped, withSteppedClocks } from './clock.ts'
import { type FaultKind, SAFE } from './fault.ts'
import { hasNoLeases } from './leases.ts'
import { atCommits } from './striking.ts'

const STEP_MS = 60 * 60 * 1_000
/** So many that one of them holds a seat that somebody else wants. */
const TIMES = 3
/** For rivals to take the leases that have expired, and to come as far as the lock of their owner. */
const RIVALS_MS_MAX = 2_500

/** What a majority assumes of its clocks: that they do not jump. */
export const leaseClockStepped: FaultKind = {
  name: 'lease-clock-stepped',
  title: 'clock of the lease servers stepped forward',
  does: `The wall clock of every server of the leases is stepped forward by an hour while ${TIMES} owners of leases stand before their commit: all leases expire. Others take the same leases; then the commits go on, and the clocks are set right.`,
  strikesIf: 'owners before their commit whose leases expired by a wrong clock',
  needs: {
    durability: 'relaxed',
    seatsOnly: true,
    kills: 'helpers',
    machine: 'stepped-clock',
    patienceMs: 8_000,
  },
  isLucky: false,
  appliesTo: (subject) =>
    hasNoLeases(subject) ??
    (subject.helpers.some(({ clockSteps }) => clockSteps)
      ? undefined
      : 'no clock of its leases can be stepped'),
  // A lease that is lost while its owner is at work is what such a promise excludes.
  predict: ({ entry: { promises } }) =>
    promises.unsafeUnder.includes('lost-writes') ? { outcome: 'oversells', recovers: true } : SAFE,
  prepare: ({ helpers }) => withSteppedClocks(helpers),
  async strike(stage) {
    const { record, helpers, until } = stage
    const servers = helpers.flatMap((helper) => helper.servers)
    let isStepped = false
    try {
      const { messages } = await atCommits(stage, { kind: 'hold-back', times: TIMES }, async () => {
        await stepped(servers, STEP_MS)
        isStepped = true
        await until(async () => ((await record.waiters()) ?? TIMES) >= TIMES, RIVALS_MS_MAX)
      })
      return messages > 0 && isStepped ? `${messages} commits held back past the step` : undefined
    } finally {
      await stepped(servers, 0)
    }
  },
}
