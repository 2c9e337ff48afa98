/** The strategies that can be recommended, from the simplest to the most involved. */

/**
 * The order in which a reader should consider them. What is safe against every fault comes before what is
 * not; then what needs one system, before two; then the technique with the fewest ways to use it wrongly.
 */
export const SIMPLEST_FIRST = [
  'postgres-conditional-update',
  'postgres-select-for-update',
  'postgres-nowait',
  'postgres-advisory-lock',
  'postgres-optimistic-version',
  'postgres-serializable',
  'postgres-skip-locked',
  'postgres-conditional-update-batched',
  'tigerbeetle-pending-transfer',
  'tigerbeetle-pending-transfer-batched',
  'redis-setnx-fenced',
  'redlock-guarded',
  'redis-lua',
  'redis-hash-fields',
  'redis-seat-key',
  'redis-setnx',
  'redlock',
] as const
