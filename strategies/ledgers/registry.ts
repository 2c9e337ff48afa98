/**
 * The ledgers, one line each. A new ledger is a folder beside this file and a line here; a strategy names its
 * ledger in its own registry line.
 */
import type { EngineName } from '../strategy.ts'
import type { Ledger, LockedRows, Witness } from './ledger.ts'
import { acrossEvents } from './witnessing/across-events.ts'

export { acrossEvents } from './witnessing/across-events.ts'

function ledger(
  name: string,
  summary: string,
  engines: readonly EngineName[],
  load: () => Promise<{ readonly witness: Witness }>,
  reliesOn?: Ledger['reliesOn'],
  lockedRows?: LockedRows,
): Ledger {
  return {
    name,
    summary,
    engines,
    ...(reliesOn && { reliesOn }),
    ...(lockedRows && { lockedRows }),
    witness: async () => acrossEvents((await load()).witness, engines),
  }
}

/** Of what `writing/postgres` says, whatever the technique: confirm, release and expiry lock rows. */
const ON_POSTGRES = {
  postgres: ['statements', 'read-committed', 'fresh-reads', 'clock', 'row-lock', 'unique-key'],
} as const
/** Sales alone are rows. */
const SALES_ON_POSTGRES = { postgres: ['read-committed', 'fresh-reads', 'unique-key'] } as const

const RESOURCE = { table: 'resource', column: 'id' }
const UNIT = { table: 'unit', column: 'resource_id' }
const HOLD = { table: 'hold', column: 'id' }

// biome-ignore-start format: one line a ledger, so that the list reads as a table
export const counterRows = ledger(
  'counter-rows',
  'a counter per resource, a row per hold',
  ['postgres'],
  () => import('./counter-rows/witness.ts'),
  ON_POSTGRES,
  { engine: 'postgres', resource: [RESOURCE], hold: [HOLD] },
)
export const unitRows = ledger(
  'unit-rows',
  'a row per unit, which names its hold',
  ['postgres'],
  () => import('./unit-rows/witness.ts'),
  ON_POSTGRES,
  { engine: 'postgres', resource: [RESOURCE, UNIT], hold: [HOLD] },
)
export const seatKeys = ledger(
  'seat-keys',
  'a key per unit in Redis, sales in PostgreSQL',
  ['redis', 'postgres'],
  () => import('./seat-keys/witness.ts'),
  SALES_ON_POSTGRES,
)
export const luaRecord = ledger(
  'lua-record',
  'counters and holds in Redis',
  ['redis'],
  () => import('./lua-record/witness.ts'),
)
export const hashFields = ledger(
  'hash-fields',
  'units and holds are fields of one hash in Redis',
  ['redis'],
  () => import('./hash-fields/witness.ts'),
)
export const transfers = ledger(
  'transfers',
  'pending transfers between accounts',
  ['tigerbeetle'],
  () => import('./transfers/witness.ts'),
)
// biome-ignore-end format: one line a ledger, so that the list reads as a table

export const ledgers: readonly Ledger[] = [counterRows, unitRows, seatKeys, luaRecord, hashFields, transfers]
