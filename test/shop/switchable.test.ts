/**
 * Goal: another strategy takes over while the shop sells, and no call of the one overlaps a call of the other. Method: strategies
 * that note when they are called; and a shop on PostgreSQL whose holds outlive a switch and a crash.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { interchangeable, SwitchableStrategy } from '../../shop/process/switchable-strategy.ts'
import { registry } from '../../strategies/registry.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { holdId } from '../../strategies/validation.ts'
import { until } from '../service/serving.ts'
import { FULL, isFull } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { inMemory } from '../workloads/in-memory.ts'
import { asked, emitted, statusOf } from './buyer.ts'
import { realShop } from './real-shop.ts'

const { engines } = await withEngines(isFull ? ['postgres'] : [])

function noting(name: string, running: Set<string>, overlaps: string[]): ReservationStrategy {
  return {
    ...inMemory(),
    async confirm() {
      for (const other of running) if (other !== name) overlaps.push(`${other} and ${name}`)
      running.add(name)
      for (let turns = 0; turns < 3; turns++) await nextTurn()
      running.delete(name)
      return { kind: 'confirmed' }
    },
  }
}

describe('a switch', () => {
  test('waits for calls in flight, and lets none in meanwhile', async () => {
    const running = new Set<string>()
    const overlaps: string[] = []
    const strategy = new SwitchableStrategy(noting('one', running, overlaps))
    const calls = [1, 2, 3].map(() => strategy.confirm(holdId('a')))
    const switched = strategy.switchTo(async () => noting('other', running, overlaps))
    calls.push(strategy.confirm(holdId('b')))
    await Promise.all([...calls, switched])
    expect(overlaps).toEqual([])
  })

  test('that cannot be made changes nothing', async () => {
    const strategy = new SwitchableStrategy(inMemory())
    const failed = strategy.switchTo(() => Promise.reject(new Error('it cannot be opened')))
    await expect(failed).rejects.toThrow('it cannot be opened')
    expect(await strategy.confirm(holdId('a'))).toEqual({ kind: 'gone' })
  })

  test('stays within the ledger and the engines', () => {
    const named = (name: string) => registry.find((each) => each.name === name) ?? expect.fail(name)
    const names = interchangeable(named('postgres-conditional-update')).map(({ name }) => name)
    expect(names).toContain('postgres-naive')
    expect(names).not.toContain('postgres-skip-locked')
    expect(names).not.toContain('redis-setnx')
    expect(interchangeable(named('redis-lua')).map(({ name }) => name)).toEqual(['redis-lua'])
  })

  test(
    'keeps holds and sales, and a process that takes over after a crash begins with it',
    FULL,
    async () => {
      const entry =
        registry.find(({ name }) => name === 'postgres-conditional-update') ?? expect.fail('no entry')
      const venue = {
        events: [{ id: 'gig', name: 'A gig', sections: [], classes: [{ id: 'A', capacity: 2 }] }],
      }
      await using shop = await realShop({ entry, engines, level: 1, venue, adminPassword: 'secret' })
      const admin = { authorization: `Basic ${Buffer.from('admin:secret').toString('base64')}` }
      const checkout = () =>
        asked(
          shop.url,
          'POST',
          '/api/checkout',
          JSON.stringify({ cls: 'A', customer_email: 'a@example.org' }),
        )
      const { order_id, redirect_url } = JSON.parse((await checkout()).text)
      const form = new URLSearchParams({ strategy: 'postgres-nowait' })
      expect((await asked(shop.url, 'POST', '/admin/strategy', form)).status).toBe(401)
      expect((await asked(shop.url, 'POST', '/admin/strategy', form, admin)).status).toBe(303)
      await emitted(shop.url, redirect_url.replace('/mockpay/', ''), 'succeeded')
      expect(await statusOf(shop.url, order_id)).toBe('PAID')
      process.kill(shop.shop.pid() ?? expect.fail('nobody serves'), 'SIGKILL')
      await until(
        async () => (await asked(shop.url, 'GET', '/healthz').catch(() => undefined))?.status === 200,
      )
      const figures = JSON.parse((await asked(shop.url, 'GET', '/admin/figures', undefined, admin)).text)
      expect(figures.strategy).toBe('postgres-nowait')
      expect([(await checkout()).status, (await checkout()).status]).toEqual([200, 409])
      expect(figures.accounts.tiers).toEqual([
        { resource: 'gig:A', operator: 2, budget: 1, pending: 0, posted: 1, isBalanced: true },
      ])
    },
  )
})
