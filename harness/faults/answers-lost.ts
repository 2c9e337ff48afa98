import { hasStruck } from '../network/conditions.ts'
import { type FaultKind, SAFE } from './fault.ts'
import { inNetwork } from './striking.ts'

const TIMES = 20
/** One at a time, so that it meets each kind of request, and not only the first of every call. */
const APART_MS = { min: 5, max: 40 } as const
const LIMIT_MS = 500

/** What was asked for is done, and the one who asked is not told. */
export const answersLost: FaultKind = {
  name: 'answers-lost',
  title: 'answers lost, calls sent again',
  does: `${TIMES} times, a request arrives and is carried out, and its answer is swallowed and the connection reset. The calls are sent again under the same id.`,
  strikesIf: 'a request that arrived and whose answer was swallowed',
  needs: { durability: 'relaxed' },
  isLucky: true,
  appliesTo: () => undefined,
  predict: () => SAFE,
  async strike({ record, random, until, wait }) {
    let lost = 0
    for (let time = 0; time < TIMES; time++) {
      await wait(random.between(APART_MS.min, APART_MS.max))
      const struck = await inNetwork(record.proxies, { kind: 'lost-answer', times: 1 }, async (now) => {
        await until(async () => hasStruck(await now()), LIMIT_MS)
      })
      lost += struck.messages
    }
    return lost > 0 ? `${lost} answers lost` : undefined
  },
}
