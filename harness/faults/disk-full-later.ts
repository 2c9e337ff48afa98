import { type FaultKind, SAFE } from './fault.ts'
import { filled, hasNoJournal, ontoSmallDisk } from './full-disk.ts'

/** The common setting: the server lives on, and has answered for what it could not write yet. */
export const diskFullLater: FaultKind = {
  name: 'disk-full-later',
  title: 'disk full, flushed every second',
  does: 'The same full disk, of a server that flushes its journal every second (appendfsync everysec): it goes on, and refuses to write (MISCONF) until there is room.',
  strikesIf: 'a server that said that there is no space',
  needs: { durability: 'durable', kills: 'record', machine: 'small-disk' },
  isLucky: true,
  appliesTo: (subject) =>
    hasNoJournal(subject) ??
    (subject.record.flushesLater ? undefined : 'its engine answers only when data is on disk'),
  predict: () => ({ ...SAFE, service: 'stalls' }),
  prepare: ontoSmallDisk,
  async strike(stage) {
    const flushing = stage.record.servers[0]?.flushing
    await flushing?.set('every-second')
    try {
      return await filled(stage)
    } finally {
      await flushing?.set('at-once')
    }
  },
}
