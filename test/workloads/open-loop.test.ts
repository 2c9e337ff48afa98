/**
 * Goal: in an open loop every wait counts from when a buyer meant to begin. Method: a strategy in this process that
 * answers only when it is told to; nothing here depends on how fast the machine is.
 */
import { expect, it } from 'vitest'
import { monotonicMs } from '../../harness/clock.ts'
import { Pacer } from '../../harness/workloads/open-loop.ts'
import { play } from '../../harness/workloads/play.ts'
import { Random } from '../../harness/workloads/random.ts'
import { holdSession, RELEASE, resource, units } from '../../harness/workloads/workload.ts'
import { inMemory } from './in-memory.ts'

const SEAT = resource({ seed: 1, concurrency: 1, durationMs: 1 }, 'seat-1', 1)

function planOf(callers: number, durationMs: number) {
  const one = () => ({
    role: 'buyer' as const,
    next: () => holdSession(new Random(1), [units(SEAT)], [RELEASE]),
  })
  return { resources: [SEAT], callers: Array.from({ length: callers }, one), durationMs }
}

it('intends buyers at equal distances, until the end and no longer', () => {
  const pacer = new Pacer({ perSecond: 4 }, 1_000, 1_000)
  expect([pacer.next(), pacer.next(), pacer.next(), pacer.next()]).toEqual([1_000, 1_250, 1_500, 1_750])
  expect(pacer.next()).toBeUndefined()
})

it('counts the wait of those who came while everybody was busy from when they meant to begin', async () => {
  const strategy = inMemory()
  await strategy.createResources([SEAT])
  const waits: number[] = []
  let began = 0
  let calls = 0
  // The first answer takes longer than the time between two buyers; the second buyer has waited for it.
  const { promise: isSecondDue, resolve } = Promise.withResolvers<void>()
  setTimeout(resolve, 60)
  const slowAtFirst = {
    ...strategy,
    async hold(request: Parameters<typeof strategy.hold>[0]) {
      if (calls++ === 0) await isSecondDue
      return await strategy.hold(request)
    },
  }
  await play(slowAtFirst, planOf(1, 100), {
    record: () => undefined,
    clock: { offsetMs: Date.now() - monotonicMs() },
    openLoop: {
      perSecond: 100,
      began: () => {
        began += 1
      },
      answered: (waitMs) => waits.push(waitMs),
    },
  })
  expect(began).toBeLessThanOrEqual(10)
  expect(waits).toHaveLength(began)
  // It meant to begin 10 ms after the first, which was answered no earlier than at 60 ms (less a timer's grain).
  expect(waits[1]).toBeGreaterThan(40)
})
