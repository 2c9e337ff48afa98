import { type FaultKind, SAFE } from './fault.ts'
import { inNetwork, toldStruck } from './striking.ts'

const TIMES = 10
const LIMIT_MS = 3_000

/** The ghost commit, at the commit and nowhere else. */
export const commitAnswerLost: FaultKind = {
  name: 'commit-answer-lost',
  title: 'the commit arrived, its answer did not',
  does: `${TIMES} commits arrive and are carried out; the answer is swallowed and the connection reset. The calls are sent again under the same id.`,
  strikesIf: 'a commit that arrived and whose answer was swallowed',
  needs: { durability: 'relaxed' },
  isLucky: false,
  appliesTo: ({ record }) =>
    record.commitText === undefined ? 'its engine has no commit apart from the request itself' : undefined,
  predict: () => SAFE,
  async strike({ record, until }) {
    const containing = record.kind.commitText ?? ''
    const fault = { kind: 'lost-answer', times: TIMES, containing } as const
    const struck = await inNetwork(record.proxies, fault, async (now) => {
      await until(async () => (await now()).messages >= TIMES, LIMIT_MS)
    })
    return struck.messages > 0 ? toldStruck('answers to commits lost', struck) : undefined
  },
}
