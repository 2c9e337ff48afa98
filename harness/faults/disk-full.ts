import { type FaultKind, SAFE } from './fault.ts'
import { filled, hasNoJournal, ontoSmallDisk } from './full-disk.ts'

/** A server that cannot keep what it is told must not say that it does. */
export const diskFull: FaultKind = {
  name: 'disk-full',
  title: 'disk full',
  does: 'The journal of the record (the WAL of PostgreSQL, the append-only file of Redis, flushed before each answer) is on a disk of a few megabytes, which fills: a replication slot that nobody reads keeps the WAL, a file of somebody else’s fills the other. Both servers end themselves rather than answer. After 2.5 s there is room, and the server is started again.',
  strikesIf: 'a server that said that there is no space',
  needs: { durability: 'durable', kills: 'record', machine: 'small-disk' },
  isLucky: true,
  appliesTo: hasNoJournal,
  // Nothing about service: buyers are served for as long as it takes to fill the disk.
  predict: () => SAFE,
  prepare: ontoSmallDisk,
  strike: filled,
}
