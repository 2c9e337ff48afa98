/**
 * Goal: deadlines that share a timer pass as if each had its own. Method: many with the real clock, of which some are ended before,
 * and waits for answers that come, fail, or come too late.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Deadline, SharedTimer } from '../harness/shared-timer.ts'
import { NoAnswerError, within } from '../harness/within.ts'

const MS = 5

test('every deadline that was not ended passes, once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 30 }), async (areEnded) => {
      const deadlines = new SharedTimer(MS)
      const late: number[] = []
      const begun = areEnded.map((_, at) => deadlines.begin(() => late.push(at)))
      const ended = begun.filter((_, at) => areEnded[at])
      expect(ended.every((each) => deadlines.end(each))).toBe(true)
      expect(
        ended.some((each) => deadlines.end(each)),
        'it is ended once',
      ).toBe(false)
      await new Promise<void>((resolve) => deadlines.begin(resolve))
      expect(late).toEqual(areEnded.flatMap((isEnded, at) => (isEnded ? [] : [at])))
      expect(
        begun.some((each) => deadlines.end(each)),
        'none can be ended later',
      ).toBe(false)
    }),
    { numRuns: 30 },
  )
})

test('one that is begun while others pass has its whole time', async () => {
  const deadlines = new SharedTimer(MS)
  const passed: string[] = []
  let second: Deadline | undefined
  await new Promise<void>((resolve) => {
    deadlines.begin(() => {
      passed.push('first')
      second = deadlines.begin(() => {
        passed.push('second')
        resolve()
      })
    })
    deadlines.begin(() => passed.push('beside the first'))
  })
  expect(passed).toEqual(['first', 'beside the first', 'second'])
  expect(second?.isRunning).toBe(false)
})

test('all can be given up at once', () => {
  const deadlines = new SharedTimer(MS)
  const late: string[] = []
  for (const each of ['one', 'another']) deadlines.begin(() => late.push(each))
  deadlines.endAll()
  deadlines.stop()
  expect(late).toEqual(['one', 'another'])
})

test.for<readonly [what: string, limit: () => number | SharedTimer]>([
  ['with a timer of its own', () => MS],
  ['that shares one', () => new SharedTimer(MS)],
])('a wait %s ends as the answer does, or at its deadline', async ([, limit]) => {
  const shared = limit()
  let ended = 0
  const count = (): void => {
    ended += 1
  }
  expect(await within(shared, Promise.resolve('an answer'), count)).toBe('an answer')
  await expect(within(shared, Promise.reject(new Error('a reason')), count)).rejects.toThrow('a reason')
  expect(ended).toBe(2)
  const never = Promise.withResolvers<never>()
  await expect(within(shared, never.promise, count)).rejects.toThrow(NoAnswerError)
  expect(ended).toBe(3)
  // What comes later is nobody's unhandled rejection.
  never.reject(new Error('too late'))
  await never.promise.catch(() => undefined)
  expect(ended, 'each has ended once').toBe(3)
})
