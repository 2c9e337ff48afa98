/** Holds of many callers in one statement or request. */
import { conformance, explorer, type SourceMutant, workload } from './source-mutant.ts'

const OF = 'postgres-conditional-update-batched'
const FILE = 'postgres-conditional-update-batched.ts'

// biome-ignore format: a table
export const batches: readonly SourceMutant[] = [
  { name: 'batch-without-lock', of: OF, file: FILE, from: '\n      order by r.id\n      for update of r\n', to: '\n      order by r.id\n', judge: conformance('declared to wait: of two buyers') },
  { name: 'batch-without-sums', of: OF, file: FILE, from: 'where so_far > free or free is null', to: 'where quantity > free or free is null', judge: explorer('batch'), isInSlice: true },
  { name: 'batch-one-too-many', of: OF, file: FILE, from: 'where so_far > free or free is null', to: 'where so_far - 1 > free or free is null', judge: conformance('the last unit can be held') },
  { name: 'batch-grants-by-one-line', of: OF, file: FILE, from: 'hold_id not in (select hold_id from wanted where so_far > free or free is null)', to: 'so_far <= free', judge: conformance('a hold with one impossible line takes nothing of its other lines') },
  { name: 'batch-loses-unknown-lines', of: OF, file: FILE, from: ' or free is null', to: '', judge: conformance('an unknown resource is an error') },
  { name: 'batch-shares-a-version', of: OF, file: FILE, from: 'version: before + (batch.nths[first - 1 + at] ?? Number.NaN)', to: 'version: before + 1', judge: explorer('batch') },
  { name: 'batch-writes-other-versions', of: OF, file: FILE, from: 'r.version + l.nth as version', to: 'r.version + 1 as version', judge: workload('retry') },
  { name: 'batch-tells-another-deadline', of: OF, file: FILE, from: 'nowUs + request.ttlMs * 1_000', to: 'nowUs + request.ttlMs * 1_000 + 1', judge: conformance('a repeated hold gets the same answer') },
  { name: 'batch-twins-both-written', of: OF, file: FILE, from: 'if (ids.has(holdId)) continue\n', to: '', judge: conformance('the same hold sent many times at once') },
  { name: 'batch-writes-known-ids', of: OF, file: FILE, from: ' or coalesce((select false from hold h where h.id = l.hold_id), true)', to: ' or true', judge: workload('retry') },
  { name: 'batch-sold-out-while-due', of: OF, file: FILE, from: "and d.status = 'held' and d.deadline <= (select clock_timestamp())", to: 'and false', judge: conformance('many buyers who request due units at once get each of them once') },
  { name: 'batch-sold-out-by-the-sum', of: OF, file: FILE, from: 'where quantity > free and resource_id not in', to: 'where so_far > free and resource_id not in', judge: workload('multi-seat') },
  { name: 'batch-answers-reversed', of: OF, file: FILE, from: "claims[no] = { kind: 'claimed'", to: "claims[requests.length - 1 - no] = { kind: 'claimed'", judge: explorer('batch') },
  { name: 'batch-of-one-ttl', of: OF, file: FILE, from: "+ ttl_ms * interval '1 millisecond'", to: "+ max(ttl_ms) over () * interval '1 millisecond'", judge: conformance('holds with different times to live') },
  { name: 'batch-counts-holds-not-units', of: OF, file: FILE, from: 'sum(quantity)::integer as quantity, max(nth) as last', to: 'count(*)::integer as quantity, max(nth) as last', judge: conformance('a hold takes units') },
  { name: 'batch-confirms-what-is-due', of: OF, file: FILE, from: '\n        and deadline > (select clock_timestamp() from (select count(*) from locked) all_locked)', to: '', judge: conformance('confirm when due: gone') },
  { name: 'batch-confirms-once', of: OF, file: FILE, from: "for (const { id } of before) confirmed.add(id)", to: '', judge: conformance('confirm when confirmed: confirmed') },
  { name: 'batch-offset-stands-still', of: OF, file: 'ledgers/writing/batcher.ts', from: 'offset += group.items.length\n', to: '', judge: explorer('batch') },
  { name: 'batch-offset-by-callers', of: 'tigerbeetle-pending-transfer-batched', file: 'ledgers/writing/batcher.ts', from: 'offset += group.items.length\n', to: 'offset += 1\n', judge: conformance('buyers of the same seats in opposite orders', 'error') },
  { name: 'transfers-offset-stands-still', of: 'tigerbeetle-pending-transfer-batched', file: 'ledgers/writing/batcher.ts', from: 'offset += group.items.length\n', to: '', judge: conformance('a crowd at one GA tier') },
]
