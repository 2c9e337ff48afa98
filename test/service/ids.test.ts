/** Goal: no two ids are one, and none is what a store cannot keep. Method: each kind of bad id at each call of the library. */
import { expect, test } from 'vitest'
import { type HoldId, InvalidRequestError, type ResourceId } from '../../strategies/strategy.ts'
import { holdId, resourceId, withValidation } from '../../strategies/validation.ts'
import { inMemory } from '../workloads/in-memory.ts'

const BAD = [
  '\ud800',
  'a\udfff',
  '\udc00\ud800',
  'a\0',
  'a\n',
  'a\u0085',
  'e\u0301',
  '\u212b',
  '\u1112\u1161\u11ab',
  '',
]

test.for(BAD)('%j is refused by every call, and nothing is done', async (text) => {
  const done: string[] = []
  const strategy = withValidation(
    new Proxy(inMemory(), {
      get: (_, name) => async () => void done.push(String(name)),
    }),
  )
  const [hold, resource] = [text as HoldId, text as ResourceId]
  const line = { resourceId: resourceId('a'), quantity: 1 }
  const calls: readonly (() => unknown)[] = [
    () => holdId(text),
    () => resourceId(text),
    () => strategy.createResources([{ id: resource, capacity: 1 }]),
    () => strategy.hold({ holdId: hold, lines: [line], ttlMs: 1_000 }),
    () => strategy.hold({ holdId: holdId('h'), lines: [{ ...line, resourceId: resource }], ttlMs: 1_000 }),
    () => strategy.confirm(hold),
    () => strategy.release(hold),
    () => strategy.availability([resource]),
  ]
  for (const call of calls) await expect((async () => call())()).rejects.toThrow(InvalidRequestError)
  expect(done).toEqual([])
})

test.for(['é', '\u00c5', '한', '🎟️', 'a b'])('%j is an id', (text) => {
  expect(holdId(text)).toBe(text)
})
