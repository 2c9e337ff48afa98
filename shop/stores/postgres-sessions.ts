/** Level 1: sessions and seen reports are rows. */
import { sql } from 'kysely'
import type { Basket, PaymentSession } from '../orders/order.ts'
import { MINUTE_MS, SESSION_GRACE_MS, type SeenReports, type SessionCounts, type Sessions } from './stores.ts'
import type { ShopDb } from './tables.ts'

/** Longer than a provider retries. */
const REPORT_SECONDS = 86_400

interface SessionRow {
  readonly psid: string
  readonly order_id: string
  readonly basket: Basket
  readonly amount: number
  readonly deadline_ms: number
}

const COLUMNS = sql`psid, order_id, basket, amount, (extract(epoch from deadline) * 1000)::float8 as deadline_ms`

export function postgresSessions(db: ShopDb): Sessions {
  return {
    async save({ psid, orderId, eventId, lines, email, amount, deadlineMs }) {
      const basket = JSON.stringify({ eventId, lines, email })
      await sql`
        insert into shop_session (psid, order_id, basket, amount, deadline)
        values (${psid}, ${orderId}, ${basket}::jsonb, ${amount}, to_timestamp(${deadlineMs / 1_000}))
        on conflict (psid) do nothing`.execute(db)
    },
    async find(psid) {
      const { rows } =
        await sql<SessionRow>`select ${COLUMNS} from shop_session where psid = ${psid}`.execute(db)
      return rows[0] && sessionOf(rows[0])
    },
    async end(psid, reportId) {
      if (reportId === undefined) await sql`delete from shop_session where psid = ${psid}`.execute(db)
      else {
        await sql`
          with ended as (delete from shop_session where psid = ${psid})
          insert into shop_report (id) values (${reportId}) on conflict (id) do nothing`.execute(db)
      }
    },
    async pending(limit, first = 'next') {
      const order = first === 'next' ? sql`deadline` : sql`deadline desc`
      const { rows } = await sql<SessionRow>`
        select ${COLUMNS} from shop_session where deadline > clock_timestamp()
        order by ${order} limit ${limit}`.execute(db)
      return rows.map(sessionOf)
    },
    async counts() {
      const { rows } = await sql<SessionCounts>`
        select (count(*) filter (where deadline > now))::integer as pending,
          (count(*) filter (where deadline <= now))::integer as "timedOut",
          (count(*) filter (where deadline <= now and deadline > now - make_interval(secs => ${MINUTE_MS / 1_000})))
            ::integer as "timedOutInMinute"
        from (select clock_timestamp() as now) as at join shop_session
          on deadline > now - make_interval(secs => ${SESSION_GRACE_MS / 1_000})`.execute(db)
      return rows[0] ?? { pending: 0, timedOut: 0, timedOutInMinute: 0 }
    },
    async forgetOld(limit) {
      await sql`
        delete from shop_report where id in (
          select id from shop_report where at < clock_timestamp() - make_interval(secs => ${REPORT_SECONDS})
          limit ${limit}
        )`.execute(db)
      const { rows } = await sql`
        delete from shop_session where psid in (
          select psid from shop_session
          where deadline < clock_timestamp() - make_interval(secs => ${SESSION_GRACE_MS / 1_000})
          limit ${limit}
        ) returning psid`.execute(db)
      return rows.length
    },
  }
}

function sessionOf({ psid, order_id, basket, amount, deadline_ms }: SessionRow): PaymentSession {
  return { psid, orderId: order_id, ...basket, amount, deadlineMs: deadline_ms }
}

export function postgresSeen(db: ShopDb): SeenReports {
  return {
    async has(reportId) {
      const { rows } = await sql`select 1 from shop_report where id = ${reportId}`.execute(db)
      return rows.length > 0
    },
    async add(reportId) {
      await sql`insert into shop_report (id) values (${reportId}) on conflict (id) do nothing`.execute(db)
    },
  }
}
