import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HmacSha256, keyOf } from '../../shop/waiting-room/hmac.ts'

const text = fc.string({ unit: 'binary', maxLength: 300 })

test('is the HMAC of OpenSSL, for any secret and any text', () => {
  fc.assert(
    fc.property(text, fc.array(text, { minLength: 1, maxLength: 5 }), (secret, texts) => {
      const hmac = new HmacSha256(secret)
      for (const each of texts) {
        expect(hmac.of(each)).toBe(createHmac('sha256', keyOf(secret)).update(each).digest('base64url'))
      }
    }),
  )
})
