/** Goal: a clock is read as well as the quickest answer allows, and not at all where nobody tells it. Method: servers in memory. */
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { monotonicMs } from '../../harness/clock.ts'
import { readingOf } from '../../harness/engines/clock-reading.ts'

const OFFSET_MS = 1_750_000_000_000

test('the offset is that of the fastest of several answers, within its own error', async () => {
  let asked = 0
  const { offsetMs, errorMs } = await readingOf(
    async () => {
      const told = monotonicMs() + OFFSET_MS
      // The time is told at once, and all answers but one are late.
      if (++asked !== 7) await delay(20)
      return told
    },
    (told) => told,
  )
  expect(asked).toBeGreaterThan(7)
  expect(errorMs).toBeLessThan(10)
  expect(Math.abs(offsetMs - OFFSET_MS)).toBeLessThanOrEqual(errorMs)
})

test('an answer without a time is no reading', async () => {
  await expect(
    readingOf(
      async () => undefined,
      () => Number.NaN,
    ),
  ).rejects.toThrow('the server did not tell its time')
})
