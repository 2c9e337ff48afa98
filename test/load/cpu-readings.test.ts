/** Goal: processor time between two moments is known only where it was read on both sides. Method: this process, while it works. */
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { CpuReadings } from '../../harness/load/cpu-readings.ts'

test.skipIf(process.platform !== 'linux')('is not told of moments that no reading encloses', async () => {
  const beganMs = Date.now()
  using readings = new CpuReadings(process.execPath)
  const readMs = Date.now()
  expect(readings.between(beganMs - 60_000, beganMs)).toBeUndefined()
  let spent: number | undefined
  // The next reading comes by itself.
  while (spent === undefined) {
    await delay(20)
    spent = readings.between(readMs, readMs + 1)
  }
  expect(spent).toBeGreaterThan(0)
  expect(readings.between(readMs, Date.now() + 60_000)).toBeUndefined()
})
