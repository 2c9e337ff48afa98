import { type FaultKind, SAFE } from './fault.ts'
import { hasNoMajority } from './leases.ts'
import { atCommits, inNetwork, killed } from './striking.ts'

/** So many that one of them holds a seat that somebody else wants. */
const TIMES = 3
const DEAD_MS = 50
/** For the clients to notice that the minority is gone, and for leases that are on all to be released. */
const ALONE_MS = 500
/** Less than a lease lasts, from when it was taken: it must not have expired. */
const RIVALS_MS_MAX = 1_800

/**
 * The case that breaks a majority without any clock or pause being wrong: the lease is on three of five, one
 * of the three restarts without its memory, and the other two with it are a majority for somebody else.
 */
export const majorityForgets: FaultKind = {
  name: 'majority-forgets',
  title: 'one lease server of the majority restarted empty',
  does: `A minority of the servers of the leases is unreachable while ${TIMES} owners take theirs from the others. One of those is killed and started again with nothing in memory, the minority is back, and others find a majority for the same leases. Then the commits of the first owners go on.`,
  strikesIf: 'a server of a bare majority that lost its leases',
  needs: { durability: 'relaxed', seatsOnly: true, kills: 'helpers', patienceMs: 8_000 },
  isLucky: false,
  appliesTo: hasNoMajority,
  predict: ({ entry: { promises } }) =>
    promises.unsafeUnder.includes('lost-writes') ? { outcome: 'oversells', recovers: true } : SAFE,
  async strike(stage) {
    const { record, helpers, until, wait } = stage
    const [helper] = helpers
    if (helper === undefined) return undefined
    const minority = Math.ceil(helper.servers.length / 2) - 1
    const alone = helper.proxies.slice(0, minority)
    let dead: string | undefined
    let held = 0
    const away = async (): Promise<void> => {
      await inNetwork(alone, { kind: 'refuse' }, async () => {
        await inNetwork(alone, { kind: 'cut' }, () => wait(ALONE_MS))
        const { promise: isHeld, resolve } = Promise.withResolvers<void>()
        rest = atCommits(stage, { kind: 'hold-back', times: TIMES }, async (now) => {
          await until(async () => (await now()).messages >= TIMES, ALONE_MS)
          resolve()
          await back.promise
          dead = await killed(helper, stage, { deadMs: DEAD_MS, which: [helper.servers.length - 1] })
          await until(async () => ((await record.waiters()) ?? TIMES) >= TIMES, RIVALS_MS_MAX)
        }).then(({ messages }) => {
          held = messages
        })
        await Promise.race([isHeld, rest])
      })
    }
    const back = Promise.withResolvers<void>()
    let rest: Promise<void> = Promise.resolve()
    try {
      await away()
    } finally {
      back.resolve()
      await rest
    }
    return held > 0 && dead !== undefined ? `${dead}, with ${held} commits held back` : undefined
  },
}
