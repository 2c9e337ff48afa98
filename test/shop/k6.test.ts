/**
 * Goal: the crowd of k6 is judged by the shop's audit, and its threshold fails where the shop sold one thing twice. Method: k6 at a
 * shop on PostgreSQL, with payments that fail, are canceled, or are made twice, and reports that come twice, late, swapped or never; and at one whose strategy is the control.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { locateK6 } from '../../harness/load/k6-program.ts'
import { k6Load } from '../../shop/bench/load.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { FULL, isFull } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { realShop } from './real-shop.ts'

const WORK_MS = 50
/** The first five reports have five fates. */
const SEED = 204

const { engines } = await withEngines(isFull ? ['postgres'] : [])
const k6 = isFull
  ? await locateK6({ env: process.env, log: () => undefined, mayFetch: false }).catch(() => undefined)
  : undefined

describe.skipIf(k6 === undefined)('k6 at the shop', FULL, () => {
  test.for<readonly [name: string, capacity: number, isRight: boolean]>([
    ['postgres-conditional-update', 200, true],
    ['postgres-naive', 2, false],
  ])('%s is judged by its audit', FULL, async ([name, capacity, isRight]) => {
    const entry = registry.find((each) => each.name === name) ?? expect.fail(`no ${name}`)
    const adminPassword = 'the password of this test'
    const classes = [
      { id: 'A', capacity },
      { id: 'goodie', capacity: 3 },
    ]
    const venue = { events: [{ id: 'gig', name: 'A gig', sections: [], classes }] }
    // Work between its check and its write, and every payment succeeds: the control sells twice on any machine.
    const slow: StrategyEntry = {
      ...entry,
      open: (connections, settings) =>
        entry.open(connections, { ...settings, criticalSection: () => delay(isRight ? 0 : WORK_MS) }),
    }
    const shopOf = { entry: slow, engines, level: 1 as const, venue, adminPassword }
    await using shop = await realShop({ ...shopOf, ...(isRight && { mischiefSeed: SEED }) })
    const load = { addresses: [shop.url], buyers: 16, seconds: 3, tier: 'A', pays: true }
    const told = await k6Load(load, { adminPassword, mix: isRight, seed: SEED })
    expect(told.answers).toBeGreaterThan(0)
    const fates = new Set((await shop.shop.provider.deliveries(1_000)).map(({ fate }) => fate))
    if (isRight) {
      expect(told.breached).toEqual([])
      // Otherwise nothing was stood.
      expect(fates).toEqual(new Set(['sent', 'twice', 'late', 'swapped', 'lost']))
    } else expect(told.breached).toContain('complaints count==0')
  })
})
