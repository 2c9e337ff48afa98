import { type FaultKind, SAFE } from './fault.ts'
import { atCommits } from './striking.ts'

/** So many that one of them holds a seat that somebody else wants. */
const TIMES = 3
/** As an administrator may set lock_timeout, and idle_in_transaction_session_timeout. */
const STATEMENT_MS = 250
const ROUNDS = 8

/** Limits of the server’s own: it gives up what waits, and what does nothing while others wait. */
export const serverTimesOut: FaultKind = {
  name: 'server-times-out',
  title: 'time-outs of the server',
  does: `${TIMES} clients stand still before their commit. For ${(ROUNDS * STATEMENT_MS) / 1_000} s, every ${STATEMENT_MS} ms, the server ends statements that have waited for a lock for as long, and sessions that were idle in a transaction for as long, as its time-outs do.`,
  strikesIf: 'a statement or a session that was ended',
  needs: { durability: 'relaxed', seatsOnly: true, patienceMs: 5_000 },
  isLucky: true,
  appliesTo: ({ record }) =>
    record.commitText === undefined ? 'its engine has no transactions of several requests' : undefined,
  predict: () => SAFE,
  async strike(stage) {
    const { record, wait } = stage
    let statements = 0
    let sessions = 0
    await atCommits(stage, { kind: 'hold-back', times: TIMES }, async () => {
      for (let round = 0; round < ROUNDS; round++) {
        await wait(STATEMENT_MS)
        const ended = await record.timeOut(STATEMENT_MS)
        statements += ended?.statements ?? 0
        sessions += ended?.sessions ?? 0
      }
    })
    return statements + sessions > 0
      ? `${statements} waiting statements and ${sessions} idle sessions ended`
      : undefined
  },
}
