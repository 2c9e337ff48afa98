import { EXPLORED, exploring } from 'holdfast/vitest'
import { expect, test } from 'vitest'
import { take, takeNaively } from './stock.ts'

const explore = exploring({
  engines: ['redis'],
  before: ({ redis }) => redis.set('shirt', 1),
})

const soldOnce = (buy: typeof take) =>
  explore(async ({ client }) => {
    const sold = await Promise.all(['alice', 'bob'].map((name) => buy(client(name).redis, 'shirt')))
    expect(sold.filter(Boolean)).toHaveLength(1)
  })

test('the last shirt is sold once', EXPLORED, () => soldOnce(take))

test.fails('the last shirt is sold once, without WATCH', EXPLORED, () => soldOnce(takeNaively))
