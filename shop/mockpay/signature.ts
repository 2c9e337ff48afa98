/** Signatures of reports: HMAC-SHA256 of the body as it is sent, in base64. */
import { isSameSecret } from '../../harness/same-secret.ts'
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

  isSigned(raw: Buffer, signature: string): boolean {
    return isSameSecret(signature, this.signatureOf(raw))
  }
}
