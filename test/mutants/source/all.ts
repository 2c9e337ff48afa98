/** Every mutant of the registry's own sources, family by family. */
import { batches } from './batches.ts'
import { claims } from './claims.ts'
import { leases } from './leases.ts'
import { hashFields, lua, seatKeys } from './redis.ts'
import { rows } from './rows.ts'
import type { SourceMutant } from './source-mutant.ts'
import { tigerbeetle } from './tigerbeetle.ts'

export const families: Readonly<Record<string, readonly SourceMutant[]>> = {
  'Claims in PostgreSQL': claims,
  'Batches of callers': batches,
  'Endings, looks and replays in PostgreSQL': rows,
  'Leases, fences and Redlock': leases,
  'Seat keys': seatKeys,
  'The record in Lua': lua,
  'Hash fields': hashFields,
  TigerBeetle: tigerbeetle,
}

export const mutants: readonly SourceMutant[] = Object.values(families).flat()
