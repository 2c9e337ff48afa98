/** Distributes the histories over one thread per core. */
import { Worker } from 'node:worker_threads'
import { addTally, emptyTally, type MissShare, type Tally } from './tally.ts'

/** Small enough that the threads end at about the same time. */
const SHARE_HISTORIES = 4_000

/** Measures the checker on histories number 0 to `histories`, in `threads` threads. */
export async function measureAll(
  order: Omit<MissShare, 'from' | 'to'>,
  histories: number,
  threads: number,
): Promise<Tally> {
  const shares: MissShare[] = []
  for (let from = 0; from < histories; from += SHARE_HISTORIES) {
    shares.push({ ...order, from, to: Math.min(histories, from + SHARE_HISTORIES) })
  }
  const tallies: Tally[] = []
  const takeShares = async (): Promise<void> => {
    for (let share = shares.shift(); share !== undefined; share = shares.shift())
      tallies.push(await inThread(share))
  }
  await Promise.all(Array.from({ length: threads }, takeShares))
  const sum = emptyTally()
  for (const tally of tallies) addTally(sum, tally)
  return { ...sum, examples: sum.examples.toSorted((a, b) => a.number - b.number) }
}

function inThread(share: MissShare): Promise<Tally> {
  const { promise, resolve, reject } = Promise.withResolvers<Tally>()
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: share })
  worker.once('message', resolve)
  worker.once('error', reject)
  return promise
}
