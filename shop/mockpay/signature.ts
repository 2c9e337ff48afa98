/** Signatures of reports: HMAC-SHA256 of the body as it is sent, in base64. */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** The header that carries it. */
export const SIGNATURE_HEADER = 'x-mockpay-signature'

export function signatureOf(secret: string, raw: Buffer): string {
  return createHmac('sha256', secret).update(raw).digest('base64')
}

/** Takes the same time wherever two signatures differ. */
export function isSignedBy(secret: string, raw: Buffer, signature: string): boolean {
  const expected = Buffer.from(signatureOf(secret, raw))
  const given = Buffer.from(signature)
  return given.length === expected.length && timingSafeEqual(given, expected)
}
