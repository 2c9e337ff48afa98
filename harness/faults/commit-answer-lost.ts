import { type FaultKind, SAFE } from './fault.ts'
import { atCommits } from './striking.ts'

const TIMES = 10
const LIMIT_MS = 3_000

/** The ghost commit. */
export const commitAnswerLost: FaultKind = {
  name: 'commit-answer-lost',
  title: 'the commit arrived, its answer did not',
  does: `${TIMES} commits (or requests that commit by themselves) arrive and are carried out; the answer is swallowed and the connection reset. The calls are sent again under the same id.`,
  strikesIf: 'a commit that arrived and whose answer was swallowed',
  needs: { durability: 'relaxed' },
  isLucky: false,
  appliesTo: () => undefined,
  predict: () => SAFE,
  async strike(stage) {
    const { messages } = await atCommits(stage, { kind: 'lost-answer', times: TIMES }, async (now) => {
      await stage.until(async () => (await now()).messages >= TIMES, LIMIT_MS)
    })
    return messages > 0 ? `${messages} answers to commits lost` : undefined
  },
}
