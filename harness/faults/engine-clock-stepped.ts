import { stepped, withSteppedClocks } from './clock.ts'
import { type FaultKind, SAFE } from './fault.ts'

const STEP_MS = 60 * 60 * 1_000
const LASTS_MS = 1_500

/** The clock that decides is wrong: holds end early, or last an hour; what is sold stays sold. */
export const engineClockStepped: FaultKind = {
  name: 'engine-clock-stepped',
  title: 'the engine’s clock wrong by an hour',
  does: `The wall clock of the record’s server is stepped forward by an hour for ${LASTS_MS / 1_000} s, then back to an hour slow for as long, then set right. Deadlines are not judged then; that no unit is sold twice is.`,
  strikesIf: 'holds that were granted while the clock was wrong, in both directions',
  needs: { durability: 'durable', kills: 'record', machine: 'stepped-clock', stepsClock: true },
  isLucky: true,
  appliesTo: ({ record }) =>
    record.clockSteps ? undefined : 'its engine has a clock that cannot be stepped here',
  predict: () => SAFE,
  // The record is on the first of its servers; others are there for majorities.
  prepare: ({ record }) => withSteppedClocks(record.slice(0, 1)),
  async strike({ record, granted, wait }) {
    const servers = record.servers.slice(0, 1)
    const served: number[] = []
    try {
      for (const byMs of [STEP_MS, -STEP_MS]) {
        await stepped(servers, byMs)
        const before = granted()
        await wait(LASTS_MS)
        served.push(granted() - before)
      }
    } finally {
      await stepped(servers, 0)
    }
    const [fast = 0, slow = 0] = served
    return fast > 0 && slow > 0
      ? `${fast} holds granted while it was an hour fast, ${slow} while it was an hour slow`
      : undefined
  },
}
