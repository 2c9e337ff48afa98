/** Goal: a step is the same whatever the time of day is, and no other where its answer has another meaning. Method: answers side by side. */
import { expect, test } from 'vitest'
import { Renamed } from '../../harness/explore/repeated.ts'

test.each([
  [
    'an hour that is 00',
    'start: 2026-11-26 23:35:30.9+00, n: 1',
    'start: 2026-11-27 00:05:31.00438+00, n: 1',
  ],
  ['a minute that is 00', 'at 2026-11-26 15:59:59.5+00', 'at 2026-11-26 16:00:00.25+00'],
  ['a whole second', '2026-11-26T15:59:59.123Z', '2026-11-26T16:00:00Z'],
  ['a time of day', 'due 23:59:59', 'due 00:00:01'],
  ['another counter', 'version: 3', 'version: 17'],
  ['another token', 'lock: a81f00cd9e', 'lock: 77b1e2f004'],
])('%s is a value without other meaning', (_, was, is) => {
  const renamed = new Renamed()
  expect(renamed.isSameAnswer(was, is)).toBe(true)
  expect(renamed.varied).toHaveLength(1)
})

test.each([
  ['nothing and something', 'taken: 0', 'taken: 1'],
  ['a gain and a loss', 'left: 1', 'left: -1'],
  ['another word', 'status: held', 'status: sold'],
  ['another shape', 'rows: 1', 'rows: 1, 2'],
  ['a moment and a word', 'due: 2026-11-26 23:35:30', 'due: null'],
])('%s are different answers', (_, was, is) => {
  expect(new Renamed().isSameAnswer(was, is)).toBe(false)
})
