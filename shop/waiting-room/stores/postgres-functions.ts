/**
 * The queue as functions of PostgreSQL, in a schema of its own: one call per operation, and the room's row is
 * locked while one changes anything. queue/queue.ts is the same as plain code. Times are milliseconds of the
 * server's clock, read after the lock was taken.
 *
 * Plans of sessions are made while the room is small, when reading all of a table is cheapest, and kept while
 * it grows by thousands a second. So every function is planned by its indexes from the beginning.
 */
import {
  CALLED_AT_ONCE,
  DRAWN_AT_ONCE,
  ENDED_KEPT_MS,
  GAP_MS,
  MINUTE_MS,
  SECOND_MS,
  SEEN_SHARE,
  SWEPT_AT_ONCE,
} from '../queue/room.ts'

export const TABLES: readonly string[] = [
  // One row. length counts entrants and those who wait, so that nobody has to be counted.
  `create table if not exists room (
    single boolean primary key default true check (single),
    "order" text not null, seed text not null, opens_at bigint not null, come_ms bigint not null,
    inside_ms bigint not null, away_ms bigint not null, waiting_max bigint not null,
    active_max bigint not null, active_most bigint not null, target_ms bigint not null default 0, per_minute bigint not null,
    door text not null default 'queue', stock text not null default 'some', opened boolean not null default false,
    drawn_number bigint not null default 0, called_number bigint not null default 0,
    lottery_next bigint not null default 1, length bigint not null default 0, entrants bigint not null default 0,
    joined bigint not null default 0, admitted bigint not null default 0, ends jsonb not null default '{}',
    moved_at bigint not null, gap_at bigint not null default 0, steered_at bigint not null default 0
  ) with (fillfactor = 10)`,
  // States: entrant, waiting, called, inside, or why it has ended. due_at: its deadline, if it is called or
  // inside.
  `create table if not exists room_place (
    id text collate "C" primary key, identity text collate "C" not null, binding text not null,
    draw text collate "C" not null, state text not null, number bigint not null default 0,
    due_at bigint, seen_at bigint, called_at bigint, entered_at bigint, ended_at bigint, in_lottery boolean
  )`,
  `create unique index if not exists room_place_identity on room_place (identity) where ended_at is null`,
  `create index if not exists room_place_waiting on room_place (number) where state = 'waiting'`,
  `create index if not exists room_place_entrant on room_place (draw, id) where state = 'entrant'`,
  `create index if not exists room_place_due on room_place (state, due_at) where due_at is not null`,
  `create index if not exists room_place_seen on room_place (seen_at) where seen_at is not null`,
  `create index if not exists room_place_called on room_place (called_at) where called_at is not null`,
  `create index if not exists room_place_entered on room_place (entered_at) where entered_at is not null`,
  `create index if not exists room_place_ended on room_place (ended_at) where ended_at is not null`,
  `create index if not exists room_place_lottery on room_place (number) where in_lottery`,
]

const NOW = `create or replace function room_now() returns bigint language sql volatile as
  $$ select (extract(epoch from clock_timestamp()) * 1000)::bigint $$`

/** Numbers are put aside for the entrants: who comes from now on is behind them, drawn or not. */
const OPENED = `create or replace function room_opened(r room) returns room language plpgsql as $$
  begin
    if r.opened then return r; end if;
    r.opened := true;
    r.lottery_next := r.drawn_number + 1;
    r.drawn_number := r.drawn_number + r.entrants;
    return r;
  end $$`

const BY_INDEX = 'set enable_seqscan = off'

/**
 * Answers, for each, a word, or place, whether it is new, and number. All in one statement: a loop over those
 * who join took four times as long. A second one of an identity finds the place of the first.
 */
const JOIN = `create or replace function room_join(asked jsonb) returns jsonb language plpgsql ${BY_INDEX} as $$
  declare r room; answers jsonb; draws boolean; now_ms bigint; refusal text; count_of bigint;
  begin
    select * into r from room for update;
    now_ms := room_now();
    if now_ms >= r.opens_at then r := room_opened(r); end if;
    draws := r."order" = 'lottery' and not r.opened;
    refusal := case when r.door = 'closed' then 'closed' when r.stock = 'gone' then 'sold-out' end;
    with joining as (
      select nth, value->>'place' as place, value->>'identity' as identity, value->>'binding' as binding,
        value->>'draw' as draw
      from jsonb_array_elements(asked) with ordinality as listed (value, nth)
    ), firsts as materialized (
      -- A subquery in the list is looked up for each, by the index, whatever the planner knows of the table.
      select distinct on (identity) joining.*,
        (select p from room_place p where p.identity = joining.identity and p.ended_at is null) as own
      from joining order by identity, nth
    ), fresh as (
      select *, row_number() over (order by nth) as position from firsts where (own).id is null and refusal is null
    ), made as (
      insert into room_place (id, identity, binding, draw, state, number, seen_at)
      select place, identity, binding, draw, case when draws then 'entrant' else 'waiting' end,
        case when draws then 0 else r.drawn_number + position end, case when r.away_ms > 0 then now_ms end
      from fresh where position <= r.waiting_max - r.length
      returning id, identity, binding, number
    ), owners as (
      select identity, (own).id, (own).binding, (own).number from firsts where (own).id is not null
      union all select identity, id, binding, number from made
    )
    select (select count(*) from made), jsonb_agg(case
        when owners.id is null then jsonb_build_array(coalesce(refusal, 'full'))
        when owners.binding <> joining.binding then '["taken"]'
        else jsonb_build_array(owners.id, (owners.id = joining.place)::int, owners.number) end order by nth)
      into count_of, answers from joining left join owners using (identity);
    update room set opened = r.opened, lottery_next = r.lottery_next,
      drawn_number = r.drawn_number + case when draws then 0 else count_of end, joined = r.joined + count_of,
      length = r.length + count_of, entrants = r.entrants + case when draws then count_of else 0 end;
    return answers;
  end $$`

/** Ends a place; what is counted of it is counted by the caller's row of the room. */
const FINISH = `create or replace function room_finish(r room, place text, why text) returns room
  language plpgsql as $$
  declare p room_place;
  begin
    select * into p from room_place where id = place;
    if p.state in ('entrant', 'waiting') then r.length := r.length - 1; end if;
    if p.state = 'entrant' then r.entrants := r.entrants - 1; end if;
    update room_place set state = why, due_at = null, seen_at = null, ended_at = room_now() where id = place;
    r.ends := r.ends || jsonb_build_object(why, coalesce((r.ends->>why)::bigint, 0) + 1);
    return r;
  end $$`

/** How many may be called now. */
const FREE = `create or replace function room_free(r room, freed bigint, now_ms bigint) returns bigint
  language plpgsql as $$
  declare waits bigint; active bigint; entries bigint; calls bigint;
  begin
    select count(*) filter (where state = 'called'), count(*) into waits, active
      from room_place where state in ('called', 'inside') and due_at is not null;
    if r.per_minute = 0 then return least(${CALLED_AT_ONCE}, r.active_max - active); end if;
    select count(*) into entries from room_place where entered_at > now_ms - ${MINUTE_MS};
    select count(*) into calls from room_place where called_at > now_ms - ${SECOND_MS};
    -- A minute's worth is not called in its first second; who replaces one that did not come is no addition.
    return least(${CALLED_AT_ONCE}, r.active_max - active, r.per_minute - entries - waits,
      ceil(r.per_minute / 60.0)::bigint - calls + freed);
  end $$`

/** Answers called places with their numbers, and ended ones with why. */
const MOVE = `create or replace function room_move(kind text, mover text) returns jsonb language plpgsql ${BY_INDEX} as $$
  declare
    r room; p room_place; now_ms bigint; gap bigint; away_before bigint; freed bigint := 0; free bigint;
    called jsonb := '[]'; ended jsonb := '[]'; looked int := 0; count_of bigint;
  begin
    select * into r from room for update;
    now_ms := room_now();
    -- While nobody moved the room, nobody could come: deadlines move with the time that is missing.
    gap := now_ms - r.moved_at;
    if gap < 0 or gap > ${GAP_MS} then
      update room_place set due_at = least(due_at + gap,
        now_ms + case when state = 'called' then r.come_ms else r.inside_ms end) where due_at is not null;
      update room_place set entered_at = least(entered_at + gap, now_ms)
        where entered_at > r.moved_at - ${MINUTE_MS};
      update room_place set called_at = least(called_at + gap, now_ms)
        where called_at > r.moved_at - ${MINUTE_MS};
      r.gap_at := now_ms;
    end if;
    r.moved_at := now_ms;

    if now_ms >= r.opens_at then r := room_opened(r); end if;
    if r.opened and r.entrants > 0 then
      with ordered as (
        select id, row_number() over (order by draw, id) as nth from room_place where state = 'entrant'
        order by draw, id limit ${DRAWN_AT_ONCE}
      ), numbered as (
        update room_place set state = 'waiting', number = r.lottery_next + nth - 1, in_lottery = true
        from ordered where room_place.id = ordered.id returning 1
      ) select count(*) into count_of from numbered;
      r.lottery_next := r.lottery_next + count_of;
      r.entrants := r.entrants - count_of;
    end if;

    for p in select * from room_place where state in ('called', 'inside') and due_at <= now_ms order by due_at loop
      if p.state = 'called' then
        freed := freed + 1;
        r := room_finish(r, p.id, 'passed-over');
        ended := ended || jsonb_build_array(jsonb_build_array(p.id, 'passed-over'));
      else
        r := room_finish(r, p.id, 'ran-out');
        ended := ended || jsonb_build_array(jsonb_build_array(p.id, 'ran-out'));
      end if;
    end loop;
    if r.away_ms > 0 and now_ms - r.gap_at >= r.away_ms then
      away_before := now_ms - r.away_ms;
      for p in select * from room_place where seen_at <= away_before order by seen_at limit ${SWEPT_AT_ONCE} loop
        r := room_finish(r, p.id, 'away');
        ended := ended || jsonb_build_array(jsonb_build_array(p.id, 'away'));
      end loop;
    end if;

    if kind = 'enter' then
      update room_place set state = 'inside', due_at = now_ms + r.inside_ms, entered_at = now_ms
        where id = mover and state = 'called';
      if found then r.admitted := r.admitted + 1; end if;
    elsif kind = 'leave' then
      select * into p from room_place where id = mover and ended_at is null;
      if found then
        if p.state = 'called' then freed := freed + 1; end if;
        r := room_finish(r, p.id, 'left');
        ended := ended || jsonb_build_array(jsonb_build_array(p.id, 'left'));
      end if;
    end if;

    if r.opened and r.door = 'queue' and r.stock = 'some' then
      free := room_free(r, freed, now_ms);
      while free > 0 and looked < ${CALLED_AT_ONCE + SWEPT_AT_ONCE} loop
        looked := looked + 1;
        -- Who came after the opening is behind entrants who are not drawn yet.
        select * into p from room_place where state = 'waiting'
          and (r.entrants = 0 or number < r.lottery_next) order by number limit 1;
        exit when not found;
        r.called_number := p.number;
        if p.seen_at <= away_before then
          r := room_finish(r, p.id, 'away');
          ended := ended || jsonb_build_array(jsonb_build_array(p.id, 'away'));
        else
          update room_place set state = 'called', due_at = now_ms + r.come_ms, called_at = now_ms, seen_at = null
            where id = p.id;
          r.length := r.length - 1;
          called := called || jsonb_build_array(jsonb_build_array(p.id, p.number));
          free := free - 1;
        end if;
      end loop;
    end if;

    delete from room_place where id in (
      select id from room_place where ended_at < now_ms - ${ENDED_KEPT_MS} limit ${SWEPT_AT_ONCE});
    update room set opened = r.opened, lottery_next = r.lottery_next, drawn_number = r.drawn_number,
      called_number = r.called_number, length = r.length, entrants = r.entrants, admitted = r.admitted,
      ends = r.ends, moved_at = r.moved_at, gap_at = r.gap_at;
    return jsonb_build_array(called, ended);
  end $$`

/** Not written at each look: a row that is written is written to its indexes as well. */
const SEEN = `create or replace function room_seen(places text[]) returns void language plpgsql ${BY_INDEX} as $$
  begin
    update room_place set seen_at = room_now()
      where id = any(places) and seen_at < room_now() - (select away_ms from room) / ${SEEN_SHARE};
  end $$`

const LOOK = `create or replace function room_look(places text[])
  returns table (id text, state text, number bigint, left_ms bigint) language plpgsql ${BY_INDEX} as $$
  begin
    return query select p.id, p.state, p.number, greatest(0, coalesce(p.due_at - room_now(), 0))
      from room_place p where p.id = any(places);
  end $$`

/** -1 if the room stood still, and time has to be settled first; no row if the place is not inside. */
const INSIDE = `create or replace function room_inside(place text)
  returns table (left_ms bigint) language plpgsql ${BY_INDEX} as $$
  begin
    return query select case when moment - r.moved_at not between 0 and ${GAP_MS} then -1
        else greatest(0, p.due_at - moment) end
      from room_place p, room r, room_now() as moment where p.id = place and p.state = 'inside';
  end $$`

/** The length of the living: who is away and not ended yet is left out. */
const FIGURES = `create or replace function room_figures()
  returns table (room room, opens_in bigint, length bigint, called bigint, inside bigint)
  language plpgsql ${BY_INDEX} as $$
  begin
    return query select r, greatest(0, r.opens_at - moment),
      r.length - (select count(*) from room_place p
        where r.away_ms > 0 and moment - r.gap_at >= r.away_ms and p.seen_at <= moment - r.away_ms),
      (select count(*) from room_place p where p.state = 'called' and p.due_at is not null),
      (select count(*) from room_place p where p.state = 'inside' and p.due_at is not null)
    from room r, room_now() as moment;
  end $$`

/** Those of the lottery in the order of their numbers. */
const DRAWN = `create or replace function room_drawn(first bigint, most bigint)
  returns table (id text, number bigint) language plpgsql ${BY_INDEX} as $$
  begin
    return query select p.id, p.number from room_place p
      where p.in_lottery and p.number >= first order by p.number limit most;
  end $$`

export const FUNCTIONS: readonly string[] = [
  NOW,
  OPENED,
  JOIN,
  FINISH,
  FREE,
  MOVE,
  SEEN,
  LOOK,
  INSIDE,
  FIGURES,
  DRAWN,
]
