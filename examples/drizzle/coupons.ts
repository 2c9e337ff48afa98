/** Coupons in Drizzle: each can be redeemed a limited number of times. */
import { and, eq, gt, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'

export const coupon = pgTable('coupon', { code: text().primaryKey(), uses: integer().notNull() })
export const redemption = pgTable('redemption', { code: text().notNull(), customer: text().notNull() })

export const TABLES = `
  create table coupon (code text primary key, uses integer not null);
  create table redemption (code text not null, customer text not null)`

/** The update checks and takes in one statement: of two at once, the second sees what the first has left. */
export function redeem(db: NodePgDatabase, code: string, customer: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    const isLeft = and(eq(coupon.code, code), gt(coupon.uses, 0))
    const taken = await tx
      .update(coupon)
      .set({ uses: sql`${coupon.uses} - 1` })
      .where(isLeft)
      .returning()
    if (taken.length === 0) return false
    await tx.insert(redemption).values({ code, customer })
    return true
  })
}

/** Reads first, and writes what it has reckoned: two customers take the same use. */
export async function redeemNaively(db: NodePgDatabase, code: string, customer: string): Promise<boolean> {
  const [found] = await db.select().from(coupon).where(eq(coupon.code, code))
  if (found === undefined || found.uses === 0) return false
  await db
    .update(coupon)
    .set({ uses: found.uses - 1 })
    .where(eq(coupon.code, code))
  await db.insert(redemption).values({ code, customer })
  return true
}
