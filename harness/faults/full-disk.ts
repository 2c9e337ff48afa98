/** What faults share in which the disk fills that a server writes to before it answers. */
import type { FaultServers, FaultStage, FaultSubject } from './fault.ts'

/** With buyers at work. */
const FULL_MS = 2_500

export function hasNoJournal({ record }: FaultSubject): string | undefined {
  return record.journals ? undefined : 'its engine writes no journal here that can be put on a small disk'
}

/** The record is on the first of its servers; others are there for majorities. */
export async function ontoSmallDisk({ record: [first] }: FaultServers): Promise<AsyncDisposable> {
  return (await first?.disk?.put()) ?? new AsyncDisposableStack()
}

/** Full for a while; then there is room. */
export async function filled({ record, wait }: FaultStage): Promise<string | undefined> {
  const disk = record.servers[0]?.disk
  if (disk === undefined) return undefined
  let noticed: string | undefined
  try {
    await disk.fill()
    await wait(FULL_MS)
  } finally {
    noticed = disk.noticed()
    await disk.makeRoom()
  }
  return noticed
}
