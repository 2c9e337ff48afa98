/** Goal: the three accounts are those of the ledger, whichever it is, and they balance. Method: holds and a sale on real engines. */
import { describe, expect, test } from 'vitest'
import { prepareGround } from '../../harness/ground/ground.ts'
import { accountsOf } from '../../shop/process/accounts.ts'
import { registry } from '../../strategies/registry.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'
import { FULL, isFull } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const { engines, cannotTest } = await withEngines(isFull ? ['postgres', 'redis', 'tigerbeetle'] : [])
const STRATEGIES = ['postgres-conditional-update', 'redis-lua', 'tigerbeetle-pending-transfer']

describe('accounts', FULL, () => {
  for (const name of STRATEGIES) {
    const entry = registry.find((each) => each.name === name) ?? expect.fail(`no ${name}`)
    test.skipIf(!isFull || cannotTest(entry))(
      `of ${name} say what is left, held and sold`,
      FULL,
      async () => {
        const ground = await prepareGround(entry, engines, 2)
        try {
          const strategy = await entry.open(ground.connections, {
            criticalSection: async () => undefined,
            random: Math.random,
          })
          const resources = [{ id: resourceId('gig:A'), capacity: 10 }]
          await strategy.createResources(resources)
          const lines = (quantity: number) => [{ resourceId: resourceId('gig:A'), quantity }]
          await strategy.hold({ holdId: holdId('one'), lines: lines(3), ttlMs: 60_000 })
          await strategy.hold({ holdId: holdId('two'), lines: lines(2), ttlMs: 60_000 })
          await strategy.confirm(holdId('two'))
          const { stores } = ground
          expect((await accountsOf({ entry, strategy, stores, resources })).tiers).toEqual([
            { resource: 'gig:A', operator: 10, budget: 5, pending: 3, posted: 2, isBalanced: true },
          ])
          await strategy.close()
        } finally {
          await ground.dispose()
        }
      },
    )
  }
})
