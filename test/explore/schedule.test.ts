/**
 * Goal: a schedule is read as it was written, and nothing else is taken for one.
 * Method: there and back; what is wrong, by its sentence.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatSchedule, parseSchedule, ScheduleFormatError } from '../../harness/explore/schedule.ts'

const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000)
const tooLong = `postgres-naive/hold/2/${Array.from({ length: 3_000 }, () => '1').join('.')}`

describe(`a schedule, seed ${seed}`, () => {
  test('is read as it was written', () => {
    const schedules = fc.record({
      strategy: fc.constantFrom('postgres-naive', 'mine', 'my.strategy_2'),
      scenario: fc.constantFrom('hold', 'one-of-two'),
      clients: fc.constant(3),
      steps: fc.array(fc.constantFrom('1', '2', '3', 'd', 'l', 'x', 'f'), { minLength: 1, maxLength: 200 }),
    })
    fc.assert(
      fc.property(schedules, (each) => {
        expect(parseSchedule(formatSchedule(each))).toEqual(each)
      }),
      { seed },
    )
  })

  test.for([
    ['nothing', '', 'looks like'],
    ['steps too many', tooLong, 'at most'],
    ['no steps', 'postgres-naive/hold/2', 'looks like'],
    ['an empty end', 'postgres-naive/hold/2/', 'looks like'],
    [
      'an empty step',
      'postgres-naive/hold/2/1..2',
      'its step 2 is the number of a client or one of d, l, x, f, t, not ""',
    ],
    [
      'a letter of nothing',
      'postgres-naive/hold/2/1.z',
      'its step 2 is the number of a client or one of d, l, x, f, t, not "z"',
    ],
    ['step zero', 'postgres-naive/hold/2/0', 'its step 1 is the number of a client'],
    ['a word for a number', 'postgres-naive/hold/two/1', 'looks like'],
    ['several lines', 'postgres\nnaive/hold/2/1', 'not "postgres\\nnaive/hold/2/1"'],
    ['a part too many', 'postgres-naive/hold/2/1/1', 'looks like'],
    [
      'of a later version',
      'v3/postgres-naive/hold/2/1.2',
      'is of version 3, and this Holdfast runs version 2: replay it with',
    ],
    [
      'of the first version',
      'postgres-naive/hold/2/1.2',
      'is of version 1, and this Holdfast runs version 2',
    ],
    ['of no version', 'v0/postgres-naive/hold/2/1.2', 'is of version 0, and this Holdfast runs version 2'],
    ['a path', '../../etc/passwd', 'looks like'],
    ['one client', 'postgres-naive/hold/1/1', '2 to 4 clients'],
    ['nine clients', 'postgres-naive/hold/9/1', '2 to 4 clients'],
    [
      'a client that is not there',
      'postgres-naive/hold/2/1.3.2',
      'step 2 names client 3, which does not exist: there are 2',
    ],
  ] as const)('is not %s', ([, text, why]) => {
    expect(() => parseSchedule(text)).toThrow(ScheduleFormatError)
    expect(() => parseSchedule(text)).toThrow(why)
    expect(() => parseSchedule(text)).not.toThrow(/\n/)
  })

  test('says its version, and a strategy may be called like one', () => {
    const schedule = parseSchedule('v2/postgres-naive/hold/2/1.2')
    expect(formatSchedule(schedule)).toBe('v2/postgres-naive/hold/2/1.2')
    expect(parseSchedule('v2/v2/hold/2/1.2')).toEqual({ ...schedule, strategy: 'v2' })
    expect(() => parseSchedule('v1/postgres-naive/hold/2/1.2')).toThrow('of version 1')
  })
})
