/** Reports of the payment provider. An answer of 200 means that the effect is durable. */
import { Problem } from '../../../harness/service/problems.ts'
import { ReportSigner, SIGNATURE_HEADER } from '../../mockpay/signature.ts'
import { ForeignReportError } from '../../saga/not-settled.ts'
import { readReport } from '../../saga/report.ts'
import { settle } from '../../saga/settle.ts'
import type { ShopApp, ShopWeb } from '../shop-web.ts'

const REPORT_BYTES_MAX = 65_536

export function webhookRoutes(app: ShopApp, { parts, secret }: ShopWeb): void {
  const signer = new ReportSigner(secret)
  // The signature covers the body as it came, so nothing may parse it first.
  app.removeAllContentTypeParsers()
  // JSON by name as well: the library looks a name up, and reads any other content type again each time.
  app.addContentTypeParser(['application/json', '*'], { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  )
  app.post('/payments/webhook', { bodyLimit: REPORT_BYTES_MAX }, async ({ body, headers }) => {
    const signature = headers[SIGNATURE_HEADER]
    const read = readReport(
      Buffer.isBuffer(body) ? body : Buffer.alloc(0),
      typeof signature === 'string' ? signature : undefined,
      { signer, ageMsMax: parts.settings.reportAgeMsMax, nowMs: Date.now() },
    )
    switch (read.kind) {
      case 'bad-signature':
        throw new Problem('no-secret', 'the signature is missing or wrong')
      case 'malformed':
        throw new Problem('invalid-request', 'this is not a report of a payment')
      case 'stale':
        throw new Problem('invalid-request', 'the report is too old, or from the future')
      case 'genuine':
        break
    }
    try {
      const { order, isRepeated } = await settle(parts, read.report)
      return { ok: true, order_status: order.status, ...(isRepeated && { idempotent: true }) }
    } catch (error) {
      if (error instanceof ForeignReportError) throw new Problem('not-found', error.message)
      parts.warn(error, 'a report could not be settled yet')
      throw new Problem('overloaded', 'the effect is not certain yet: send the report again')
    }
  })
}
