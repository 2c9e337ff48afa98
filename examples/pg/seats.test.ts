import { EXPLORED, exploring } from 'holdfast/vitest'
import { expect, test } from 'vitest'
import { buySeat, buySeatNaively, TABLES } from './seats.ts'

const explore = exploring({
  engines: ['postgres'],
  setup: ({ pg }) => pg.query(TABLES),
  before: ({ pg }) => pg.query('insert into seat values (1, null)'),
})

const soldOnce = (buy: typeof buySeat) =>
  explore(async ({ client }) => {
    const sold = await Promise.all(['alice', 'bob'].map((name) => buy(client(name).pg, 1, name)))
    expect(sold.filter(Boolean)).toHaveLength(1)
  })

test('a seat is sold once', EXPLORED, () => soldOnce(buySeat))

// A purchase with a race. Without `fails`, the test prints its schedule and how to replay it.
test.fails('a seat is sold once, naively', EXPLORED, () => soldOnce(buySeatNaively))
