/**
 * Goal: what is kept of a run is what was recorded, in memory and beyond it, and nothing is left of it. Method:
 * random operations, also some that no strategy may answer, read again and again.
 */
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Operation } from '../../harness/history/record.ts'
import type { PlayedOperation } from '../../harness/performance/figures.ts'
import { KeptOperations } from '../../harness/performance/kept-operations.ts'
import { held } from '../checker/histories.ts'
import { anyRecord, anySeats, asRecords } from '../history/anything.ts'

/** What a broken strategy may have answered. */
const odd = fc.constantFrom(
  { ...held('a', { nowhere: 1 }, [0, 1]) },
  { ...held('a', { seat: 1 }, [0, 1]), deadlineMs: Number.NaN },
  { ...held('a', { seat: 1 }, [0, 1]), attempts: 0.5 },
) as fc.Arbitrary<Operation>

const operation = anyRecord
  .filter(({ type }) => type === 'operation')
  .map((value) => asRecords([value])[1] as Operation)
const role = fc.constantFrom('buyer' as const, 'bystander' as const)
const played = fc.record({ operation: fc.oneof(operation, odd), role })

it.for([
  ['in memory', undefined],
  ['in a file', 0],
] as const)('is what was added, %s', ([, memoryMax]) => {
  fc.assert(
    fc.property(fc.array(played, { maxLength: 30 }), (all) => {
      const kept = new KeptOperations(anySeats.resources, memoryMax)
      for (const each of all) kept.add(each.operation, each.role)
      expect([...kept]).toEqual(all)
      for (const each of all.slice(0, 3)) kept.add(each.operation, each.role)
      expect([...kept]).toEqual([...all, ...all.slice(0, 3)])
    }),
    { numRuns: 100 },
  )
})

it('goes beyond its memory, to a file that nobody sees', async () => {
  const kept = new KeptOperations(anySeats.resources, 100_000)
  const all: PlayedOperation[] = []
  for (let number = 0; number < 12_000; number++) {
    const each = {
      operation: held(`hold-${number}`, { seat: 1 }, [number, number + 1]),
      role: 'buyer',
    } as const
    kept.add(each.operation, each.role)
    all.push(each)
  }
  expect([...kept]).toEqual(all)
  expect((await readdir(tmpdir())).filter((name) => name.startsWith('holdfast-operations-'))).toEqual([])
})
