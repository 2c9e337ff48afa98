import { type FaultKind, SAFE } from './fault.ts'
import { inNetwork, toldStruck } from './striking.ts'

/** As many that holds and confirms are among them, whatever the number of requests of a call. */
const TIMES = 30
const LIMIT_MS = 3_000

/** The ghost commit: what was asked for is done, and the one who asked is not told. */
export const answersLost: FaultKind = {
  name: 'answers-lost',
  title: 'answers lost, calls sent again',
  does: `${TIMES} requests arrive and are carried out, commits among them; the answer is swallowed and the connection reset. The calls are sent again under the same id.`,
  strikesIf: 'a request that arrived and whose answer was swallowed',
  needs: { durability: 'relaxed' },
  isLucky: false,
  appliesTo: () => undefined,
  predict: () => SAFE,
  async strike({ record, until }) {
    const struck = await inNetwork(record.proxies, { kind: 'lost-answer', times: TIMES }, async (now) => {
      await until(async () => (await now()).messages >= TIMES, LIMIT_MS)
    })
    return struck.messages > 0 ? toldStruck('answers lost', struck) : undefined
  },
}
