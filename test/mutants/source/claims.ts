/** How units are claimed in PostgreSQL: the techniques. */
import { conformance, equivalent, explorer, type SourceMutant, workload } from './source-mutant.ts'

const LAST_UNIT = 'the last unit can be held'
const ONE_LINE_IMPOSSIBLE = 'a hold with one impossible line'
const CROWD_AT_TIER = 'a crowd at one GA tier'

// biome-ignore format: a table
export const claims: readonly SourceMutant[] = [
  { name: 'read-without-lock', of: 'postgres-select-for-update', file: 'postgres-select-for-update.ts', from: '\n          for update`', to: '`', judge: explorer('hold'), isInSlice: true },
  { name: 'key-share-lock', of: 'postgres-select-for-update', file: 'postgres-select-for-update.ts', from: 'for update`', to: 'for key share`', judge: explorer('hold') },
  { name: 'shared-lock-upgraded', of: 'postgres-select-for-update', file: 'postgres-select-for-update.ts', from: 'for update`', to: 'for share`', judge: conformance(CROWD_AT_TIER) },
  { name: 'locks-in-descending-order', of: 'postgres-select-for-update', file: 'postgres-select-for-update.ts', from: 'order by id\n', to: 'order by id desc\n', judge: conformance('buyers of the same seats in opposite orders', 'error') },
  { name: 'skips-instead-of-giving-up', of: 'postgres-nowait', file: 'postgres-nowait.ts', from: 'for update nowait`', to: 'for update skip locked`', judge: conformance('declared to give up') },
  { name: 'nowait-without-lock', of: 'postgres-nowait', file: 'postgres-nowait.ts', from: '\n          for update nowait`', to: '`', judge: explorer('hold') },
  { name: 'nowait-waits', of: 'postgres-nowait', file: 'postgres-nowait.ts', from: 'for update nowait`', to: 'for update`', judge: conformance('declared to give up', 'no end') },
  { name: 'picks-without-lock', of: 'postgres-skip-locked', file: 'postgres-skip-locked.ts', from: '\n            for update skip locked`', to: '`', judge: explorer('hold') },
  { name: 'picks-taken-units', of: 'postgres-skip-locked', file: 'postgres-skip-locked.ts', from: 'where resource_id = ${resourceId} and hold_id is null', to: 'where resource_id = ${resourceId}', judge: conformance(LAST_UNIT) },
  { name: 'too-few-picked', of: 'postgres-skip-locked', file: 'postgres-skip-locked.ts', from: 'rows.length < quantity)', to: 'rows.length === 0)', judge: conformance(LAST_UNIT) },
  { name: 'units-of-other-resources', of: 'postgres-skip-locked', file: 'postgres-skip-locked.ts', from: 'where resource_id = ${resourceId} and unit_no = any', to: 'where unit_no = any', judge: explorer('one-of-two') },
  { name: 'advisory-lock-shared', of: 'postgres-advisory-lock', file: 'postgres-advisory-lock.ts', from: 'select pg_advisory_xact_lock(key)', to: 'select pg_advisory_xact_lock_shared(key)', judge: explorer('hold') },
  { name: 'advisory-lock-only-tried', of: 'postgres-advisory-lock', file: 'postgres-advisory-lock.ts', from: 'select pg_advisory_xact_lock(key)', to: 'select pg_try_advisory_xact_lock(key)', judge: explorer('hold') },
  { name: 'advisory-lock-of-the-buyer', of: 'postgres-advisory-lock', file: 'postgres-advisory-lock.ts', from: "hashtextextended(current_schema() || ' ' || id, 0)", to: "hashtextextended(pg_backend_pid() || ' ' || id, 0)", judge: explorer('hold') },
  { name: 'advisory-snapshot-before-lock', of: 'postgres-advisory-lock', file: 'postgres-advisory-lock.ts', from: "inTransaction(db, 'read committed'", to: "inTransaction(db, 'repeatable read'", judge: conformance(CROWD_AT_TIER) },
  { name: 'advisory-locks-unordered', of: 'postgres-advisory-lock', file: 'postgres-advisory-lock.ts', from: ' id order by key\n', to: ' id\n', judge: equivalent('the ids arrive in order, so that all callers still lock in one order') },
  { name: 'version-not-compared', of: 'postgres-optimistic-version', file: 'postgres-optimistic-version.ts', from: ' and version = ${read.get(resourceId)}', to: '', judge: explorer('hold') },
  { name: 'version-at-least', of: 'postgres-optimistic-version', file: 'postgres-optimistic-version.ts', from: ' and version = ${read.get(resourceId)}', to: ' and version >= ${read.get(resourceId)}', judge: explorer('hold') },
  { name: 'version-not-counted-up', of: 'postgres-optimistic-version', file: 'postgres-optimistic-version.ts', from: ', version = version + 1', to: '', judge: explorer('hold') },
  { name: 'lost-update-overlooked', of: 'postgres-optimistic-version', file: 'postgres-optimistic-version.ts', from: "if (row === undefined) return { kind: 'contended', reason: 'version-changed' }", to: 'if (row === undefined) continue', judge: explorer('hold') },
  { name: 'no-second-attempt', of: 'postgres-optimistic-version', file: 'postgres-optimistic-version.ts', from: 'ATTEMPTS_MAX = 10', to: 'ATTEMPTS_MAX = 1', judge: conformance('declared to retry: a hold whose read is outdated') },
  { name: 'attempts-unbounded', of: 'postgres-optimistic-version', file: 'postgres-optimistic-version.ts', from: 'ATTEMPTS_MAX = 10', to: 'ATTEMPTS_MAX = Number.POSITIVE_INFINITY', judge: conformance('declared to retry: if another caller is always faster, it gives up after a limited number of attempts', 'no end') },
  { name: 'serializable-forgotten', of: 'postgres-serializable', file: 'postgres-serializable.ts', from: "'serializable'", to: "'read committed'", judge: explorer('hold') },
  { name: 'serializable-weakened', of: 'postgres-serializable', file: 'postgres-serializable.ts', from: "'serializable'", to: "'repeatable read'", judge: equivalent('the row that is read is the row that is written, and REPEATABLE READ refuses a second write of it, too') },
  { name: 'serialization-failure-unknown', of: 'postgres-serializable', file: 'ledgers/writing/postgres/errors.ts', from: "case '40001':\n", to: "case '40000':\n", judge: conformance('declared to retry: a hold whose read is outdated', 'error') },
  { name: 'update-without-condition', of: 'postgres-conditional-update', file: 'postgres-conditional-update.ts', from: ' and taken + ${quantity} <= capacity', to: '', judge: explorer('hold') },
  { name: 'capacity-less-than', of: 'postgres-conditional-update', file: 'postgres-conditional-update.ts', from: 'taken + ${quantity} <= capacity', to: 'taken + ${quantity} < capacity', judge: conformance(LAST_UNIT), isInSlice: true },
  { name: 'quantity-not-added', of: 'postgres-conditional-update', file: 'postgres-conditional-update.ts', from: 'taken + ${quantity} <= capacity', to: 'taken < capacity', judge: conformance(LAST_UNIT) },
  { name: 'one-more-than-capacity', of: 'postgres-conditional-update', file: 'postgres-conditional-update.ts', from: 'taken + ${quantity} <= capacity', to: 'taken + ${quantity} <= capacity + 1', judge: explorer('hold') },
  { name: 'version-of-a-claim-stands-still', of: 'postgres-conditional-update', file: 'postgres-conditional-update.ts', from: ', version = version + 1', to: '', judge: workload('drain') },
  { name: 'deadline-from-transaction-start', of: 'postgres-conditional-update', file: 'postgres-conditional-update.ts', from: 'clock_timestamp() + ${ttlMs}', to: 'now() + ${ttlMs}', judge: equivalent('the transaction begins within the call, and a deadline counted from any moment of the call is as good') },
  { name: 'ttl-of-seconds', of: 'postgres-conditional-update', file: 'postgres-conditional-update.ts', from: "interval '1 millisecond'", to: "interval '1 second'", judge: conformance('the deadline is the engine’s time') },
  { name: 'lines-without-condition', of: 'postgres-conditional-update', file: 'ledgers/counter-rows/write.ts', from: ' and taken + ${quantity} <= capacity', to: '', judge: explorer('one-of-two') },
  { name: 'guard-left-to-the-lease', of: 'redlock-guarded', file: 'ledgers/counter-rows/write.ts', from: ' and taken + ${quantity} <= capacity', to: '', judge: explorer('pause') },
  { name: 'half-a-hold-committed', of: 'postgres-conditional-update', file: 'ledgers/writing/postgres/claim.ts', from: "(claim.kind === 'claimed' ? tx.commit() : tx.rollback())", to: 'tx.commit()', judge: conformance(ONE_LINE_IMPOSSIBLE), isInSlice: true },
  { name: 'short-line-passed-over', of: 'postgres-conditional-update', file: 'ledgers/counter-rows/write.ts', from: "if (row === undefined) return { kind: 'short' }", to: 'if (row === undefined) continue', judge: conformance(ONE_LINE_IMPOSSIBLE) },
  { name: 'one-unit-whatever-the-quantity', of: 'postgres-select-for-update', file: 'ledgers/counter-rows/write.ts', from: '      update resource set taken = taken + ${quantity}, version = version + 1\n      where id = ${resourceId}\n', to: '      update resource set taken = taken + 1, version = version + 1\n      where id = ${resourceId}\n', judge: conformance('a hold takes units') },
  { name: 'covers-some-lines', of: 'postgres-select-for-update', file: 'ledgers/writing/postgres/claim.ts', from: 'lines.every(', to: 'lines.some(', judge: conformance(ONE_LINE_IMPOSSIBLE) },
  { name: 'covers-with-one-to-spare', of: 'postgres-select-for-update', file: 'ledgers/writing/postgres/claim.ts', from: '?? 0) >= line.quantity', to: '?? 0) > line.quantity', judge: conformance(LAST_UNIT) },
  { name: 'lines-in-the-buyers-order', of: 'postgres-conditional-update', file: 'ledgers/writing/postgres/reservations.ts', from: '{ ...request, lines: inIdOrder(request.lines) }', to: 'request', judge: conformance('buyers of the same seats in opposite orders') },
  { name: 'version-of-the-first-line', of: 'postgres-conditional-update', file: 'ledgers/writing/postgres/claim.ts', from: 'versions?.[at]?.version ?? null', to: 'versions?.[0]?.version ?? null', judge: conformance('a repeated hold of several lines gets the same answer, line by line') },
  { name: 'attempts-not-counted', of: 'postgres-optimistic-version', file: 'ledgers/writing/postgres/reservations.ts', from: 'return { claimed, tries }', to: 'return { claimed, tries: 1 }', judge: conformance('declared to retry: a hold whose read is outdated') },
]
