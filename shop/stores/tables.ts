/** The shop's own tables, in a schema of its own: nothing in them refers to a strategy's tables. */
import { type Kysely, sql } from 'kysely'

export type ShopDb = Kysely<unknown>

const TABLES = [
  // The payment sessions of level 1. psid is hard to guess.
  sql`
    create table if not exists shop_session (
      psid     text        collate "C" primary key,
      order_id text        collate "C" not null,
      basket   jsonb       not null,
      amount   integer     not null,
      deadline timestamptz not null
    )`,
  sql`create index if not exists shop_session_deadline on shop_session (deadline)`,
  // The reports of level 1 whose effect is durable.
  sql`
    create table if not exists shop_report (
      id text        collate "C" primary key,
      at timestamptz not null default clock_timestamp()
    )`,
  sql`create index if not exists shop_report_at on shop_report (at)`,
  // One row for each order whose payment has an outcome.
  sql`
    create table if not exists shop_order (
      id          text        collate "C" primary key,
      psid        text        not null,
      event_id    text        not null,
      status      text        not null,
      basket      jsonb       not null,
      amount      integer     not null,
      sold_hold   text        not null,
      ticket_code text        not null,
      goodie      text        not null default 'none',
      paid_seq    integer     not null default 0,
      at          timestamptz not null default clock_timestamp()
    )`,
  sql`create index if not exists shop_order_at on shop_order (at desc)`,
  sql`create index if not exists shop_order_goodie_due on shop_order (paid_seq) where goodie = 'due'`,
  sql`
    create table if not exists shop_refund (
      id       text        collate "C" primary key,
      order_id text        collate "C" not null unique,
      psid     text        not null,
      amount   integer     not null,
      reason   text        not null,
      is_sent  boolean     not null default false,
      at       timestamptz not null default clock_timestamp()
    )`,
  sql`create index if not exists shop_refund_due on shop_refund (at) where not is_sent`,
  // How many orders were paid, while goodies are left. Its row lock puts the commits of payments in order.
  sql`
    create table if not exists shop_paid (
      event_id text    collate "C" primary key,
      paid     integer not null
    )`,
]

/** Also run by a process that takes the place of another one. */
export async function createShopTables(db: ShopDb): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(current_schema() || ' shop', 0))`.execute(tx)
    for (const table of TABLES) await table.execute(tx)
  })
}
