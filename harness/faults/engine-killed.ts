import { type FaultKind, SAFE } from './fault.ts'
import { killed } from './striking.ts'

/** Long enough that every caller notices. */
const DEAD_MS = 800

/** A crash of the server, which had put what it acknowledged where a crash does not reach it. */
export const engineKilled: FaultKind = {
  name: 'engine-killed',
  title: 'engine killed, durable',
  does: 'The servers of the record, set to keep what they acknowledged, are killed (-9) with calls under way, and started again. The application starts again, too.',
  strikesIf: 'a server that was killed',
  needs: { durability: 'durable', kills: 'record' },
  isLucky: true,
  appliesTo: ({ record }) =>
    record.killLoses?.('durable') === 'nothing' ? undefined : 'its engine has no durable setting here',
  predict: () => ({ ...SAFE, service: 'stalls' }),
  async strike(stage) {
    const struck = await killed(stage.record, stage, { deadMs: DEAD_MS })
    await stage.startAgain()
    return struck
  },
}
