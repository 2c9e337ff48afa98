/** Goal: a run in which nobody was answered says why, as far as that is known. Method: performances that ended so, made by hand. */
import { expect, test } from 'vitest'
import type { PoolState } from '../../harness/engines/engine.ts'
import type { Performance } from '../../harness/performance/performance.ts'
import { verdictOn } from '../../harness/trial/judgement.ts'
import { header } from '../checker/histories.ts'

function reasonsWith(pool: PoolState | undefined): string {
  const performance = { ended: 'no-answers', played: [], lost: [], pool } as unknown as Performance
  const audited = { failures: [], operations: [] } as never
  const { verdict, reasons } = verdictOn([header({ seat: 1 })], performance, audited, {
    engineLost: undefined,
    keeping: [],
  })
  expect(verdict).toBe('unknown')
  return reasons.join('; ')
}

test('a pool without a connection left is named, and only that', () => {
  const state = { open: 16, inUse: 16, waiting: 33, broken: 0 }
  expect(reasonsWith(state)).toContain(
    'every connection of the pool (16) was held while 33 calls waited for one',
  )
  expect(reasonsWith({ ...state, waiting: 1 })).toContain('1 call waited')
  for (const other of [undefined, { ...state, waiting: 0 }, { ...state, inUse: 15 }]) {
    expect(reasonsWith(other)).not.toContain('pool')
    expect(reasonsWith(other)).toContain('the engine no longer answered')
  }
})
