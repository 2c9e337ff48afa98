import { monotonicMs } from '../clock.ts'
import type { DiskShare, StrikableServer } from '../engines/engine.ts'
import { type FaultStage, SAFE } from './fault.ts'
import { onReplicas, REPLICAS } from './replicas.ts'

const WRITES_PER_SECOND = 20
/** To see what a replica writes while its disk is fast. */
const FAST_MS = 1_000
const SLOW_MS = 2_000
const APART_MS = 500
/** A disk that takes more than this part of what it took before is not slow. */
const SLOW_PART = 0.5

/** One after another, so that the primary is among them, wherever it is. */
export const slowDisk = onReplicas(
  {
    name: 'slow-disk',
    title: 'the disk of each replica of three slow, one after another',
    does: `The record is kept by ${REPLICAS} replicas. The disk of one takes ${WRITES_PER_SECOND} writes a second from it for ${SLOW_MS / 1_000} s (a control group with a limit on the device; the others write on the same device without one); then that of the next, then of the last: the primary is among them. Nothing is stopped.`,
    strikesIf: 'every replica writing less than half as often as before',
    isLucky: false,
    machine: 'slow-disk',
    // The other two are a majority. A primary whose disk is slow is waited for, which is a third of the time.
    predict: () => ({ ...SAFE, service: 'serves' }),
  },
  async (stage) => {
    const told: (string | undefined)[] = []
    for (const server of stage.record.servers.slice(0, REPLICAS)) {
      told.push(await slowed(server, stage))
      await stage.wait(APART_MS)
    }
    return told.every((each) => each !== undefined)
      ? `writes a second with a fast and with a slow disk: ${told.join('; ')}`
      : undefined
  },
)

async function slowed(
  { slowDisk: disk }: StrikableServer,
  { wait }: Pick<FaultStage, 'wait'>,
): Promise<string | undefined> {
  if (disk === undefined) return undefined
  await using share = disk.take()
  const fast = await writesPerSecond(share, () => wait(FAST_MS))
  share.limit(WRITES_PER_SECOND)
  const slow = await writesPerSecond(share, () => wait(SLOW_MS))
  return slow < SLOW_PART * fast ? `${Math.round(fast)}, ${Math.round(slow)}` : undefined
}

async function writesPerSecond(share: DiskShare, during: () => Promise<void>): Promise<number> {
  const [writes, fromMs] = [share.writes(), monotonicMs()]
  await during()
  return ((share.writes() - writes) * 1_000) / (monotonicMs() - fromMs)
}
