/** Accounts in Kysely: a transfer must not overdraw, and money is neither made nor lost. */
import { type Kysely, sql } from 'kysely'

export interface Database {
  readonly account: { readonly id: string; readonly balance: number }
}

export const TABLES = sql`create table account (id text primary key, balance integer not null)`

/** Both rows are locked in the order of their ids: two transfers the other way round cannot deadlock. */
export function transfer(db: Kysely<Database>, from: string, to: string, amount: number): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const both = trx.selectFrom('account').selectAll().where('id', 'in', [from, to])
    const rows = await both.orderBy('id').forUpdate().execute()
    const balance = rows.find(({ id }) => id === from)?.balance ?? 0
    if (balance < amount) return false
    for (const [id, by] of [
      [from, -amount],
      [to, amount],
    ] as const) {
      await trx
        .updateTable('account')
        .set({ balance: sql<number>`balance + ${by}` })
        .where('id', '=', id)
        .execute()
    }
    return true
  })
}

/** Reads first, and writes what it has reckoned: of two transfers at once, one is lost. */
export async function transferNaively(
  db: Kysely<Database>,
  from: string,
  to: string,
  amount: number,
): Promise<boolean> {
  const balanceOf = async (id: string) =>
    (await db.selectFrom('account').select('balance').where('id', '=', id).executeTakeFirstOrThrow()).balance
  const [source, target] = [await balanceOf(from), await balanceOf(to)]
  if (source < amount) return false
  await db
    .updateTable('account')
    .set({ balance: source - amount })
    .where('id', '=', from)
    .execute()
  await db
    .updateTable('account')
    .set({ balance: target + amount })
    .where('id', '=', to)
    .execute()
  return true
}
