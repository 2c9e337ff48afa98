import { drizzle } from 'drizzle-orm/node-postgres'
import { EXPLORED, exploring } from 'holdfast/vitest'
import { expect, test } from 'vitest'
import { coupon, redeem, redeemNaively, redemption, TABLES } from './coupons.ts'

const explore = exploring({
  engines: ['postgres'],
  setup: ({ pg }) => pg.query(TABLES),
  before: ({ pg }) => drizzle({ client: pg }).insert(coupon).values({ code: 'SPRING', uses: 1 }),
})

const redeemedOnce = (take: typeof redeem) =>
  explore(async ({ client }) => {
    const [alice, bob] = [drizzle({ client: client('alice').pg }), drizzle({ client: client('bob').pg })]
    await Promise.all([take(alice, 'SPRING', 'alice'), take(bob, 'SPRING', 'bob')])
    expect(await alice.select().from(redemption)).toHaveLength(1)
  })

test('a coupon for one use is redeemed once', EXPLORED, () => redeemedOnce(redeem))

test.fails('a coupon for one use is redeemed once, naively', EXPLORED, () => redeemedOnce(redeemNaively))
