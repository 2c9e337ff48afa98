/** Leases in Redis around PostgreSQL: SETNX, fences, Redlock. */
import { conformance, equivalent, explorer, type SourceMutant } from './source-mutant.ts'

const LEASES = 'ledgers/writing/redis/leases.ts'
const POLLS = 'declared to poll'

// biome-ignore format: a table
export const leases: readonly SourceMutant[] = [
  { name: 'lease-without-nx', of: 'redis-setnx', file: 'redis-setnx.ts', from: "'PX', LEASE_MS, 'NX')", to: "'PX', LEASE_MS)", judge: explorer('hold'), isInSlice: true },
  { name: 'lease-of-the-buyer', of: 'redis-setnx', file: 'redis-setnx.ts', from: 'const key = `lease:${resourceId}`\n    const token = randomUUID()', to: 'const token = randomUUID()\n    const key = `lease:${token}`', judge: explorer('hold') },
  { name: 'one-lease-for-all-seats', of: 'redis-setnx', file: 'redis-setnx.ts', from: '`lease:${resourceId}`', to: '`lease`', judge: conformance('buyers of different seats do not hinder each other') },
  { name: 'lease-refused-and-ignored', of: 'redis-setnx', file: LEASES, from: "if (lease === undefined) return { kind: 'contended', reason: 'lock-not-available' }", to: 'if (lease === undefined) continue', judge: explorer('hold') },
  { name: 'lease-not-released', of: 'redis-setnx', file: LEASES, from: 'await Promise.allSettled(leases.map((lease) => lease.release()))', to: '', judge: conformance(POLLS) },
  { name: 'lease-released-without-token', of: 'redis-setnx', file: LEASES, from: "redis.call('DELIFEQ', `${redis.options.keyPrefix ?? ''}${key}`, token)", to: 'redis.del(key)', judge: equivalent('a lease is released late only after a pause, and after one this strategy is unsafe in any case') },
  { name: 'lease-released-elsewhere', of: 'redis-setnx', file: LEASES, from: "`${redis.options.keyPrefix ?? ''}${key}`, token)", to: 'key, token)', judge: conformance(POLLS) },
  { name: 'lease-of-three-milliseconds', of: 'redis-setnx', file: LEASES, from: 'LEASE_MS = 3_000', to: 'LEASE_MS = 3', judge: conformance('a crowd at one GA tier') },
  { name: 'lease-asked-for-once', of: 'redis-setnx', file: LEASES, from: 'LEASE_ATTEMPTS_MAX = 20', to: 'LEASE_ATTEMPTS_MAX = 1', judge: conformance(POLLS), isInSlice: true },
  { name: 'lease-of-the-first-seat', of: 'redis-setnx', file: 'redis-setnx.ts', from: 'withLeases(ids, lease,', to: 'withLeases(ids.slice(0, 1), lease,', judge: explorer('one-of-two') },
  { name: 'fence-not-compared-by-the-write', of: 'redis-setnx-fenced', file: 'redis-setnx-fenced.ts', from: ' and fence = ${leases[at]?.token}', to: '', judge: explorer('pause') },
  { name: 'fence-not-compared-by-the-read', of: 'redis-setnx-fenced', file: 'redis-setnx-fenced.ts', from: ' and fence < ${token}', to: '', judge: explorer('forgetting') },
  { name: 'fence-passed-by-its-equal', of: 'redis-setnx-fenced', file: 'redis-setnx-fenced.ts', from: ' and fence < ${token}', to: ' and fence <= ${token}', judge: explorer('forgetting') },
  { name: 'fenced-lease-released-without-token', of: 'redis-setnx-fenced', file: LEASES, from: "redis.call('DELIFEQ', `${redis.options.keyPrefix ?? ''}${key}`, token)", to: 'redis.del(key)', judge: equivalent('another’s lease is lost, and it is the fence that decides') },
  { name: 'redlock-of-the-buyer', of: 'redlock', file: 'redlock.ts', from: '`lock:${id}`', to: '`lock:${request.holdId}:${id}`', judge: explorer('hold') },
  { name: 'redlock-of-the-first-seat', of: 'redlock', file: 'redlock.ts', from: 'ids.map((id) =>', to: 'ids.slice(0, 1).map((id) =>', judge: explorer('one-of-two') },
  { name: 'redlock-check-dropped', of: 'redlock', file: 'redlock.ts', from: "if (!covers(rows, request.lines)) return { kind: 'short' }\n", to: '', judge: explorer('hold') },
  { name: 'redlock-not-released', of: 'redlock', file: 'redlock.ts', from: 'await lock.release().catch(() => {})', to: '', judge: conformance(POLLS) },
  { name: 'redlock-of-three-milliseconds', of: 'redlock', file: LEASES, from: 'LEASE_MS = 3_000', to: 'LEASE_MS = 3', judge: conformance(POLLS, 'no end') },
]
