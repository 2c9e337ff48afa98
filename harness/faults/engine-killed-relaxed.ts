import type { FaultKind } from './fault.ts'
import { killed } from './striking.ts'

const DEAD_MS = 800
/** Killed when so many holds have just been granted: the last of them are not on disk yet. */
const JUST_GRANTED = 12
const MOMENT_MS_MAX = 2_000

/**
 * The same crash, of a server that answers before it has written: synchronous_commit=off, appendonly=no. What
 * was acknowledged last is gone, or everything; buyers ask again for what they were sold, and get it.
 */
export const engineKilledRelaxed: FaultKind = {
  name: 'engine-killed-relaxed',
  title: 'engine killed, relaxed durability',
  does: 'The servers of the record, set to answer before data is on disk, are killed (-9) with calls under way, and started again. The application starts again, too, and sells what is free.',
  strikesIf: 'a server that was killed',
  needs: { durability: 'relaxed', kills: 'record' },
  isUnpromised: true,
  isLucky: true,
  appliesTo: ({ record }) =>
    record.killLoses?.('relaxed') === 'nothing' ? 'its engine answers only when data is on disk' : undefined,
  // Also what is safe always: that is said of a database that keeps what it has acknowledged.
  predict: () => ({ outcome: 'oversells', service: 'stalls', recovers: true }),
  async strike(stage) {
    const before = stage.granted()
    await stage.until(() => stage.granted() >= before + JUST_GRANTED, MOMENT_MS_MAX)
    const struck = await killed(stage.record, stage, { deadMs: DEAD_MS })
    await stage.startAgain()
    return struck
  },
}
