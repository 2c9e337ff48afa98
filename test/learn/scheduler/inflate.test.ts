/** Goal: the page is read without DecompressionStream as well. Method: what zlib deflates in every way, and what is not deflated. */
import { constants, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inflated } from '../../../learn/scheduler/page/inflate.ts'

const words = fc.array(fc.constantFrom('select', 'update', ' ', 'for update', '\n', 'é'), {
  maxLength: 3_000,
})
const strategies = [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY]

test('what is deflated comes out as it was', () => {
  const ways = fc.record({ level: fc.constantFrom(0, 1, 9), strategy: fc.constantFrom(...strategies) })
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 5_000 }),
    words.map((some) => new Uint8Array(Buffer.from(some.join('')))),
  )
  fc.assert(
    fc.property(bytes, ways, (given, way) => {
      expect(Buffer.from(inflated(deflateRawSync(given, way)))).toEqual(Buffer.from(given))
    }),
    { numRuns: 60 },
  )
})

test('what is larger than a first guess comes out, too', () => {
  const large = Buffer.from('abcdefghij'.repeat(40_000))
  expect(Buffer.from(inflated(deflateRawSync(large))).equals(large)).toBe(true)
})

test('what is not deflated, or ends too early, is refused', () => {
  expect(() => inflated(new Uint8Array([0b111]))).toThrow(/not deflated/)
  expect(() => inflated(deflateRawSync(Buffer.from('abcabcabc')).subarray(0, 4))).toThrow(/too early/)
})
