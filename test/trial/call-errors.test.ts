/** Goal: a strategy whose statements fail says with what. Method: operations by hand. */
import { expect, it } from 'vitest'
import type { Operation } from '../../harness/history/record.ts'
import { whyCallsFailed } from '../../harness/trial/call-errors.ts'
import { holdRecord } from '../../harness/workloads/recorder.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'

const request = (at: number) => ({
  holdId: holdId(`h-${at}`),
  lines: [{ resourceId: resourceId('seat'), quantity: 1 }],
  ttlMs: 1_000,
})
const failed = (at: number, error: string): Operation =>
  holdRecord({ process: at, invokedUs: at, returnedUs: at + 1 }, request(at), { kind: 'unknown', error })
const refused = (at: number): Operation =>
  holdRecord({ process: at, invokedUs: at, returnedUs: at + 1 }, request(at), {
    kind: 'answered',
    outcome: { kind: 'contended', reason: 'units-in-motion', attempts: 1 },
  })

it('names the most frequent error of most calls, with how many there were', () => {
  const typo = 'error: relation "resorce" does not exist'
  expect(whyCallsFailed([failed(1, typo), failed(2, 'something else'), failed(3, typo)])).toBe(
    `2 of 3 calls of hold failed: ${typo}`,
  )
})

it('says nothing of a call that was lost among others', () => {
  expect(whyCallsFailed([refused(1), failed(2, 'connection reset'), refused(3)])).toBeUndefined()
  expect(whyCallsFailed([])).toBeUndefined()
})
