import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HmacSha256 } from '../../shop/hmac.ts'

const text = fc.string({ unit: 'binary', maxLength: 300 })
const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each))
const messages = fc.array(fc.oneof(text, bytes), { minLength: 1, maxLength: 5 })
const encoding = fc.constantFrom('base64' as const, 'base64url' as const, 'hex' as const)

test('is the HMAC of OpenSSL, for any key, and for any texts and bytes', () => {
  fc.assert(
    fc.property(text, messages, encoding, (key, all, told) => {
      const hmac = new HmacSha256(key)
      for (const each of all) {
        expect(hmac.of(each, told)).toBe(createHmac('sha256', key).update(each).digest(told))
      }
    }),
  )
})
