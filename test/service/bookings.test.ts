/**
 * Goal: what the service reads past the strategy is what was sold. Method: holds of every kind through each family's own store,
 * then the lookup of each, and the sum.
 */
import { expect, test } from 'vitest'
import { prepareGround } from '../../harness/ground/ground.ts'
import { readerOf } from '../../harness/service/store-reader.ts'
import { registry } from '../../strategies/registry.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'
import { withEngines } from '../with-engines.ts'

const opened = await withEngines(['postgres', 'redis', 'tigerbeetle'])

for (const entry of registry) {
  test.skipIf(opened.cannotTest(entry))(`${entry.name}: a store tells what became of each hold`, async () => {
    const ground = await prepareGround(entry, opened.engines, 4)
    try {
      const strategy = await entry.open(ground.connections, {
        criticalSection: async () => {},
        random: Math.random,
      })
      const [pair, single] = [resourceId('pair'), resourceId('single')]
      await strategy.createResources([
        { id: pair, capacity: 5 },
        { id: single, capacity: 1 },
      ])
      const hold = (name: string, ...lines: { resourceId: typeof pair; quantity: number }[]) =>
        strategy.hold({ holdId: holdId(name), lines, ttlMs: 600_000 })
      await hold('sold', { resourceId: pair, quantity: 2 }, { resourceId: single, quantity: 1 })
      await hold('live', { resourceId: pair, quantity: 1 })
      await hold('back', { resourceId: pair, quantity: 1 })
      await strategy.confirm(holdId('sold'))
      await strategy.release(holdId('back'))

      const reader = readerOf(entry, ground.stores)
      const found = (name: string) => reader.status(holdId(name))
      expect(await found('sold')).toBe('confirmed')
      expect(await found('live')).toBe('held')
      expect(await found('back')).toBe('released')
      expect(await found('never')).toBe('none')
      expect(await reader.sold([pair, single])).toEqual({
        kind: 'read',
        units: new Map([
          [pair, 2],
          [single, 1],
        ]),
        complaints: [],
      })
      await strategy.close()
    } finally {
      await ground.dispose()
    }
  })
}
