import { type FaultKind, SAFE } from './fault.ts'

/** Several rounds of the shortest holds. */
const LASTS_MS = 4_500
/** Holds that are due at one moment are fewer. */
const LIMIT = 50
const APART_MS = 2

/** Who is first at the deadline: the one who pays, or the one who frees what was not paid? Never both. */
export const sweeperRaces: FaultKind = {
  name: 'sweeper-races',
  title: 'sweeper against confirm, at the deadline',
  does: `For ${LASTS_MS / 1_000} s buyers hold for as short as they can, and confirm within a few hundredths of a second of their deadline, before or after it; meanwhile the sweeper frees what is due, without a pause.`,
  strikesIf: 'a hold that the sweeper ended, and confirms that came in time and too late',
  needs: { durability: 'relaxed', seatsOnly: true },
  isLucky: true,
  appliesTo: ({ entry: { promises } }) =>
    promises.expiry === 'engine' ? 'its engine expires holds by itself, without a sweeper' : undefined,
  predict: () => SAFE,
  async strike({ buyers, confirms, sweep, until, wait }) {
    buyers.lastMinute(true)
    // Until everybody does so.
    await wait(500)
    const before = confirms()
    let swept = 0
    try {
      await until(async () => {
        swept += await sweep(LIMIT)
        await wait(APART_MS)
        return false
      }, LASTS_MS)
    } finally {
      buyers.lastMinute(false)
    }
    const confirmed = confirms().confirmed - before.confirmed
    const gone = confirms().gone - before.gone
    return swept > 0 && confirmed > 0 && gone > 0
      ? `${swept} holds swept, ${confirmed} confirmed in time, ${gone} too late`
      : undefined
  },
}
