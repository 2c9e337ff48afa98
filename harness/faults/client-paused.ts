import { type FaultKind, SAFE } from './fault.ts'
import { atCommits } from './striking.ts'

/** So many that one of them holds a seat that somebody else wants. */
const TIMES = 3
/** Longer than the leases of any strategy here, which last 3 s. */
const LEAST_MS = 3_300
/** Until somebody else has come as far as the paused client’s lock, or past it. */
const MORE_MS_MAX = 2_000

/**
 * Kleppmann's pause, at the worst step: the client has checked everything, and stands still before the commit
 * until its lease has expired and its rivals have read.
 */
export const clientPaused: FaultKind = {
  name: 'client-paused',
  title: 'client paused past its lease',
  does: `${TIMES} clients stand still just before their commit (or before a request that commits by itself) for more than ${LEAST_MS / 1_000} s, longer than any lease, and then go on: their requests are held back in the network, as a collector or a closed laptop holds them back.`,
  strikesIf: 'a commit that was held back for longer than a lease',
  needs: { durability: 'relaxed', seatsOnly: true, patienceMs: 12_000 },
  isLucky: false,
  appliesTo: () => undefined,
  predict: ({ entry: { promises } }) =>
    promises.unsafeUnder.includes('client-pause') ? { outcome: 'oversells', recovers: true } : SAFE,
  async strike(stage) {
    const { record, wait, until } = stage
    const { messages } = await atCommits(stage, { kind: 'hold-back', times: TIMES }, async () => {
      await wait(LEAST_MS)
      await until(async () => ((await record.waiters()) ?? TIMES) >= TIMES, MORE_MS_MAX)
    })
    return messages > 0 ? `${messages} commits held back for ${LEAST_MS} ms or more` : undefined
  },
}
