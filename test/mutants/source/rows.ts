/** How holds end, are looked at and are replayed in PostgreSQL. */
import { conformance, equivalent, explorer, type SourceMutant } from './source-mutant.ts'

const OF = 'postgres-conditional-update'
const ENDINGS = 'ledgers/writing/postgres/endings.ts'
const LOOKS = 'ledgers/writing/postgres/looks.ts'
const REPLAY = 'ledgers/writing/postgres/replay.ts'
const RESERVATIONS = 'ledgers/writing/postgres/reservations.ts'
const COUNTERS = 'ledgers/counter-rows/write.ts'

// biome-ignore format: a table
export const rows: readonly SourceMutant[] = [
  { name: 'confirms-what-ended', of: OF, file: ENDINGS, from: "where id = ${id} and status = 'held' for update", to: 'where id = ${id} for update', judge: conformance('confirm when released') },
  { name: 'confirm-without-deadline', of: OF, file: ENDINGS, from: ' and deadline > (select clock_timestamp() from locked)', to: '', judge: explorer('expiry'), isInSlice: true },
  { name: 'confirm-by-transaction-start', of: OF, file: ENDINGS, from: 'deadline > (select clock_timestamp() from locked)', to: 'deadline > (select now() from locked)', judge: conformance('a confirm that waited for a lock until after the deadline is refused') },
  { name: 'confirm-without-lock', of: OF, file: ENDINGS, from: "where id = ${id} and status = 'held' for update", to: "where id = ${id} and status = 'held'", judge: conformance('a confirm that waited for a lock until after the deadline is refused') },
  { name: 'lines-of-a-sale-stay-held', of: OF, file: ENDINGS, from: "update hold_line l set status = 'confirmed' from confirmed", to: "update hold_line l set status = 'held' from confirmed", judge: conformance('a sold hold never expires') },
  { name: 'confirm-said-again-is-gone', of: OF, file: ENDINGS, from: "(await statusOf(db, id)) === 'confirmed' ?", to: "(await statusOf(db, id)) === 'sold' ?", judge: conformance('confirm when confirmed') },
  { name: 'release-without-deadline', of: OF, file: ENDINGS, from: 'sql`h.deadline >`', to: 'sql`h.deadline <>`', judge: conformance('release when due') },
  { name: 'expiry-compares-once', of: OF, file: ENDINGS, from: 'sql`h.deadline <=`', to: 'sql`h.deadline <>`', judge: equivalent('every expired hold was chosen as due before, and a deadline never changes') },
  { name: 'releases-what-is-sold', of: OF, file: ENDINGS, from: "where id in (select hold_id from chosen) and status = 'held' and (", to: 'where id in (select hold_id from chosen) and (', judge: conformance('release when confirmed') },
  { name: 'ended-without-lock', of: OF, file: ENDINGS, from: '      order by id\n      for update\n    ), ended as', to: '      order by id\n    ), ended as', judge: conformance('two releases of one hold') },
  { name: 'sale-not-named-to-a-release', of: OF, file: ENDINGS, from: "case 'confirmed':\n      return { kind: 'already-confirmed' }", to: "case 'confirmed':\n      return { kind: 'gone' }", judge: conformance('release when confirmed') },
  { name: 'release-said-again-is-gone', of: OF, file: ENDINGS, from: "case 'released':\n      return { kind: 'released' }", to: "case 'released':\n      return { kind: 'gone' }", judge: conformance('release when released') },
  { name: 'sweeper-without-limit', of: OF, file: ENDINGS, from: 'order by deadline limit ${limit}', to: 'order by deadline', judge: conformance('a sweeper frees at most its limit, returns how many, and finally none are left') },
  { name: 'sweeper-finds-nothing', of: OF, file: ENDINGS, from: "where status = 'held' and deadline <= (select clock_timestamp())\n      order by", to: "where status = 'due' and deadline <= (select clock_timestamp())\n      order by", judge: conformance('a sweeper frees at most its limit, returns how many, and finally none are left'), isInSlice: true },
  { name: 'one-unit-freed-whatever-was-held', of: OF, file: COUNTERS, from: 'set taken = r.taken - f.quantity, version', to: 'set taken = r.taken - 1, version', judge: conformance('a hold takes units') },
  { name: 'counter-not-decremented', of: OF, file: COUNTERS, from: 'set taken = r.taken - f.quantity, version', to: 'set taken = r.taken, version', judge: explorer('confirm-release') },
  { name: 'freed-once-a-resource', of: OF, file: COUNTERS, from: 'from (select resource_id, sum(quantity)::integer as quantity from freed group by resource_id) f', to: 'from freed f', judge: conformance('a sweeper frees at most its limit, returns how many, and finally none are left') },
  { name: 'version-of-a-release-stands-still', of: OF, file: COUNTERS, from: 'set taken = r.taken - f.quantity, version = r.version + 1', to: 'set taken = r.taken - f.quantity', judge: equivalent('only holds are told a version, and no two holds share one') },
  { name: 'unit-rows-free-nothing', of: 'postgres-skip-locked', file: 'ledgers/unit-rows/write.ts', from: 'set hold_id = null where', to: 'set hold_id = hold_id where', judge: explorer('confirm-release') },
  { name: 'resources-made-again-are-empty', of: OF, file: 'ledgers/writing/postgres/tables.ts', from: 'on conflict (id) do nothing', to: 'on conflict (id) do update set taken = 0', judge: conformance('creating resources again changes nothing, and more can be created later') },
  { name: 'due-units-are-sold-out', of: OF, file: LOOKS, from: 'row.short && !row.due', to: 'row.short', judge: conformance('many buyers who request due units at once get each of them once') },
  { name: 'every-hold-is-due', of: OF, file: LOOKS, from: " and d.status = 'held' and d.deadline <= (select clock_timestamp())", to: " and d.status = 'held'", judge: conformance('the last unit can be held') },
  { name: 'known-id-is-sold-out', of: OF, file: LOOKS, from: "if (rows.some((row) => row.known_id)) return { kind: 'known-id' }\n", to: '', judge: conformance('a repeated hold gets the same answer even if the resource is sold out by now') },
  { name: 'shows-due-units-as-taken', of: OF, file: LOOKS, from: ' + coalesce(due.quantity, 0)', to: '', judge: conformance('availability counts due units as free') },
  { name: 'shows-sales-past-their-deadline-as-free', of: OF, file: LOOKS, from: "(${ids}::text[]) and status = 'held' and deadline", to: '(${ids}::text[]) and deadline', judge: conformance('a sweeper frees due holds, but neither sold ones nor those that are not due yet') },
  { name: 'availability-in-any-order', of: OF, file: LOOKS, from: 'order by wanted.at', to: 'order by wanted.id', judge: conformance('availability answers in the order of the request') },
  { name: 'due-holds-are-left', of: OF, file: RESERVATIONS, from: 'await againIfAborted(() => expireDueOn(db, units, request.lines), technique.random)', to: '', judge: conformance('many buyers who request due units at once get each of them once') },
  { name: 'used-id-throws', of: OF, file: RESERVATIONS, from: 'if (isHoldIdTaken(error)) return replay(db, request)', to: '', judge: conformance('sameHoldAgain when held', 'error') },
  { name: 'replay-of-other-quantities', of: OF, file: REPLAY, from: ' && row.quantity === line.quantity', to: '', judge: conformance('otherHold when held') },
  { name: 'replay-of-other-resources', of: OF, file: REPLAY, from: 'row.resource_id === line?.resourceId && row.quantity', to: 'row.quantity', judge: conformance('one id with two payloads at once') },
  { name: 'replay-of-more-lines', of: OF, file: REPLAY, from: 'rows.length === request.lines.length &&\n', to: '', judge: conformance('one id with one line more or one line less is another request, and takes nothing') },
  { name: 'replay-with-another-deadline', of: OF, file: REPLAY, from: 'epochMs(sql`deadline`)} as deadline_ms\n', to: 'epochMs(sql`clock_timestamp()`)} as deadline_ms\n', judge: explorer('same-id') },
  { name: 'replay-without-versions', of: OF, file: REPLAY, from: 'versions.length === rows.length &&', to: 'versions.length !== rows.length &&', judge: conformance('a repeated hold gets the same answer even if the resource is sold out by now') },
  { name: 'ttl-not-rounded', of: OF, file: 'validation.ts', from: 'return Math.ceil(ttlMs / 1000) * 1000', to: 'return ttlMs', judge: conformance('the deadline is the engine’s time') },
  { name: 'ttl-rounded-down', of: OF, file: 'validation.ts', from: 'Math.ceil(ttlMs / 1000)', to: 'Math.floor(ttlMs / 1000)', judge: conformance('the deadline is the engine’s time') },
  { name: 'one-resource-in-two-lines', of: OF, file: 'validation.ts', from: 'if (seen.has(line.resourceId))\n', to: 'if (false)\n', judge: conformance('an invalid request is refused before it reaches the engine') },
  { name: 'hold-id-not-checked', of: OF, file: 'validation.ts', from: "checkedId(request.holdId, 'hold id')\n", to: '', judge: conformance('an invalid request is refused before it reaches the engine') },
  { name: 'zero-units-allowed', of: OF, file: 'validation.ts', from: 'units < 1 ||', to: 'units < 0 ||', judge: conformance('an invalid request is refused before it reaches the engine') },
]
