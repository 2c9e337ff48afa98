/** A waiting room's state in PostgreSQL: one function per operation (postgres-functions.ts). */
import { type Kysely, sql } from 'kysely'
import {
  type Called,
  type Door,
  ENDINGS,
  type Ending,
  type PlaceView,
  type RoomFigures,
  type RoomLimits,
  type RoomOrder,
  type RoomRules,
  type RoomStore,
  STEERED_MIN,
  type Stock,
} from '../queue/room.ts'
import { type JoinWords, joinAnswer } from './join-words.ts'
import { FUNCTIONS, TABLES } from './postgres-functions.ts'

type RoomDb = Kysely<unknown>

interface FigureRow {
  readonly order: RoomOrder
  readonly door: Door
  readonly stock: Stock
  readonly opened: boolean
  readonly opens_in: string
  readonly active_max: string
  readonly active_most: string
  readonly target_ms: string
  readonly per_minute: string
  readonly called_number: string
  readonly drawn_number: string
  readonly length: string
  readonly entrants: string
  readonly joined: string
  readonly admitted: string
  readonly ends: Readonly<Partial<Record<Ending, number>>>
  readonly called: string
  readonly inside: string
}

interface PlaceRow {
  readonly id: string
  readonly state: string
  readonly number: string
  readonly left_ms: string
}

/** Makes the room, or finds the one that another process has made, with the rules of that one. */
export async function postgresRoom(db: RoomDb, rules: RoomRules, limits: RoomLimits): Promise<RoomStore> {
  await createRoom(db, rules, limits)
  const store: RoomStore = {
    async join(joinings) {
      const { rows } = await sql<{ answers: readonly JoinWords[] }>`
        select room_join(${JSON.stringify(joinings)}::jsonb) as answers`.execute(db)
      return (rows[0]?.answers ?? []).map(joinAnswer)
    },
    async move(asked) {
      const place = asked.kind === 'step' ? '' : asked.place
      const { rows } = await sql<{
        done: readonly [readonly (readonly [string, number])[], readonly (readonly [string, Ending])[]]
      }>`select room_move(${asked.kind}, ${place}) as done`.execute(db)
      const [called, ended] = rows[0]?.done ?? [[], []]
      const [view] = asked.kind === 'step' ? [] : await store.look([place], false)
      return {
        called: called.map(([id, number]) => ({ place: id, number })),
        ended: ended.map(([id, why]) => ({ place: id, why })),
        view: view ?? { kind: 'unknown' },
      }
    },
    async look(places, isSeen) {
      if (isSeen) await sql`select room_seen(${places}::text[])`.execute(db)
      const { rows } = await sql<PlaceRow>`select * from room_look(${places}::text[])`.execute(db)
      const found = new Map(rows.map((row) => [row.id, row]))
      return places.map((place) => viewOf(found.get(place)))
    },
    async insideMs(place) {
      const leftMs = await insideMs(db, place)
      if (leftMs >= 0) return leftMs
      await store.move({ kind: 'step' })
      return Math.max(0, await insideMs(db, place))
    },
    figures: () => figures(db),
    async bytes() {
      const { rows } = await sql<{ bytes: string }>`
        select pg_total_relation_size('room_place') + pg_total_relation_size('room') as bytes`.execute(db)
      return Number(rows[0]?.bytes ?? 0)
    },
    async seed() {
      const { rows } = await sql<{ seed: string }>`select seed from room`.execute(db)
      return rows[0]?.seed ?? rules.seed
    },
    async set({ opened, ...setting }) {
      const { activeMax = null, perMinute = null, door = null, stock = null, targetMs = null } = setting
      await sql`
        update room set active_max = case
            when ${activeMax}::bigint is null then case when ${targetMs}::bigint = 0 then active_most else active_max end
            when coalesce(${targetMs}, target_ms) = 0 then ${activeMax}::bigint
            else least(${activeMax}::bigint, case when active_max = 0 then ${STEERED_MIN} else active_max end) end,
          active_most = coalesce(${activeMax}, active_most), target_ms = coalesce(${targetMs}, target_ms),
          per_minute = coalesce(${perMinute}, per_minute), door = coalesce(${door}, door),
          stock = coalesce(${stock}, stock),
          steered_at = case when ${activeMax}::bigint is null then steered_at else room_now() end`.execute(db)
      if (opened === undefined) return
      // As room_opened does: numbers are put aside for the entrants.
      await sql`
        update room set opened = true, opens_at = least(opens_at, room_now()),
          lottery_next = drawn_number + 1, drawn_number = drawn_number + entrants
        where not opened`.execute(db)
    },
    async steer({ from, to, periodMs }) {
      const { rows } = await sql`
        update room set active_max = ${to}, steered_at = room_now()
        where active_max = ${from} and ${to} <= active_most and (${to}::bigint < ${from}::bigint or room_now() - steered_at >= ${periodMs})
        returning 1`.execute(db)
      return rows.length === 1
    },
    async drawn(from, limit) {
      const { rows } = await sql<{ seed: string; id: string | null; number: string }>`
        select seed, id, number from room left join lateral (
          select id, number from room_drawn(${from}, ${limit})
        ) as place on true where opened and entrants = 0`.execute(db)
      const places: Called[] = rows.flatMap(({ id, number }) =>
        id === null ? [] : [{ place: id, number: Number(number) }],
      )
      return { seed: rows[0]?.seed ?? '', places }
    },
  }
  return store
}

/** Also run by a process that takes the place of another one. */
async function createRoom(db: RoomDb, rules: RoomRules, limits: RoomLimits): Promise<void> {
  const { order, seed, opensInMs, comeMs, insideMs, awayMs, waitingMax } = rules
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(current_schema() || ' waiting room', 0))`.execute(
      tx,
    )
    // The last one. Replacing functions that others call would make them wait.
    const { rows } = await sql`select to_regprocedure('room_drawn(bigint, bigint)') as made`.execute(tx)
    if ((rows[0] as { made: string | null } | undefined)?.made === null) {
      for (const text of [...TABLES, ...FUNCTIONS]) await sql.raw(text).execute(tx)
    }
    await sql`
      insert into room ("order", seed, opens_at, come_ms, inside_ms, away_ms, waiting_max, active_max, active_most, per_minute, moved_at)
      values (${order}, ${seed}, room_now() + ${opensInMs}, ${comeMs}, ${insideMs}, ${awayMs}, ${waitingMax},
        ${limits.activeMax}, ${limits.activeMax}, ${limits.perMinute}, room_now())
      on conflict do nothing`.execute(tx)
  })
}

async function insideMs(db: RoomDb, place: string): Promise<number> {
  const { rows } = await sql<{ left_ms: string }>`select left_ms from room_inside(${place})`.execute(db)
  return Number(rows[0]?.left_ms ?? 0)
}

async function figures(db: RoomDb): Promise<RoomFigures> {
  const { rows } = await sql<FigureRow>`
    select (told.room).*, opens_in, told.length, called, inside from room_figures() as told`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('the waiting room has no row')
  return {
    order: row.order,
    door: row.door,
    stock: row.stock,
    isOpen: row.opened,
    opensInMs: Number(row.opens_in),
    activeMax: Number(row.active_max),
    activeMost: Number(row.active_most),
    targetMs: Number(row.target_ms),
    perMinute: Number(row.per_minute),
    calledNumber: Number(row.called_number),
    drawnNumber: Number(row.drawn_number),
    length: Number(row.length),
    entrants: Number(row.entrants),
    called: Number(row.called),
    inside: Number(row.inside),
    joined: Number(row.joined),
    admitted: Number(row.admitted),
    ended: Object.fromEntries(ENDINGS.map((why) => [why, row.ends[why] ?? 0])) as Record<Ending, number>,
  }
}

function viewOf(row: PlaceRow | undefined): PlaceView {
  if (row === undefined) return { kind: 'unknown' }
  const { state } = row
  const number = Number(row.number)
  switch (state) {
    case 'entrant':
      return { kind: state }
    case 'waiting':
      return { kind: state, number }
    case 'called':
    case 'inside':
      return { kind: state, number, leftMs: Number(row.left_ms) }
    default:
      return { kind: 'ended', why: state as Ending }
  }
}
