/** Signatures of reports: HMAC-SHA256 of the body as it is sent, in base64. */
import { timingSafeEqual } from 'node:crypto'
import { HmacSha256 } from '../hmac.ts'

/** The header that carries it. */
export const SIGNATURE_HEADER = 'x-mockpay-signature'

export class ReportSigner {
  readonly #hmac: HmacSha256

  constructor(secret: string) {
    this.#hmac = new HmacSha256(secret)
  }

  signatureOf(raw: Buffer): string {
    return this.#hmac.of(raw, 'base64')
  }

  /** Takes the same time wherever two signatures differ. */
  isSigned(raw: Buffer, signature: string): boolean {
    const expected = Buffer.from(this.signatureOf(raw))
    const given = Buffer.from(signature)
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
}
