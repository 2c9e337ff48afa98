import type { FaultKind } from './fault.ts'

/** A cache’s setting, on a server that keeps the record. */
export const evicted: FaultKind = {
  name: 'evicted',
  title: 'full, and set to evict',
  does: 'The server of the record is full and set to drop what was not used for long (allkeys-lru): it drops about half of its data, and goes on. The application starts again, and creates what is missing.',
  strikesIf: 'a key that was dropped',
  needs: { durability: 'relaxed', kills: 'record' },
  isLucky: true,
  appliesTo: ({ record }) => (record.mayEvict ? undefined : 'its engine drops nothing'),
  predict: () => ({ outcome: 'oversells', recovers: true }),
  async strike({ record, startAgain }) {
    const [server] = record.servers
    const dropped = (await server?.evict?.()) ?? 0
    await startAgain()
    return dropped > 0 ? `${dropped} keys dropped` : undefined
  },
}
