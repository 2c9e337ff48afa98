/** What faults share in which the machine of a server loses its power. */
import type { LaterFlushing } from '../engines/engine.ts'
import type { FaultKind, FaultStage } from './fault.ts'

const DEAD_MS = 800
/** The last of these holds are not flushed yet. */
const JUST_GRANTED = 12
/** Less than a second, after which they are. */
const MOMENT_MS_MAX = 700
/** A server may flush at any moment, and then there was nothing to lose. */
const TRIES = 10

export function powerCut(
  when: Parameters<LaterFlushing['set']>[0],
  own: Pick<FaultKind, 'name' | 'title' | 'does'>,
): FaultKind {
  return {
    ...own,
    strikesIf: 'bytes that had not been flushed and are gone',
    needs: { durability: 'durable', kills: 'record', machine: 'thread-runs' },
    isLucky: true,
    appliesTo: ({ record }) => {
      if (record.flushesLater) return undefined
      return record.killLoses?.('relaxed') === 'nothing'
        ? 'its engine answers only when data is on disk'
        : 'what its engine acknowledges early is lost with its process already'
    },
    // Also what is safe always: that is said of a database that keeps what it has acknowledged.
    predict: () => ({ outcome: 'oversells', recovers: true }),
    strike: (stage) => lostPower(stage, when),
  }
}

async function lostPower(
  { record, granted, until, startAgain }: FaultStage,
  when: Parameters<LaterFlushing['set']>[0],
): Promise<string | undefined> {
  // Where there are several servers, the record is on the first.
  const flushing = record.servers[0]?.flushing
  if (flushing === undefined) return undefined
  await flushing.set(when)
  let lostBytes: number | undefined
  try {
    for (let time = 0; time < TRIES && lostBytes === undefined; time++) {
      lostBytes = await flushing.cutPower({
        before: async () => {
          const before = granted()
          await until(() => granted() >= before + JUST_GRANTED, MOMENT_MS_MAX)
        },
        deadMs: DEAD_MS,
      })
    }
  } finally {
    await flushing.set('at-once')
  }
  await startAgain()
  return lostBytes === undefined || lostBytes === 0
    ? undefined
    : `${lostBytes} bytes that were written and not flushed are gone`
}
