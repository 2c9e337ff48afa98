/** A report of the payment provider: is it genuine, is it fresh, and what does it say? */
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { ReportSigner } from '../mockpay/signature.ts'
import type { PaymentOutcome } from '../orders/states.ts'

const Id = Type.String({ minLength: 1, maxLength: 128 })

const Metadata = Type.Object({
  eventId: Id,
  lines: Type.Array(Type.Object({ name: Id, quantity: Type.Integer({ minimum: 1, maximum: 1_000 }) }), {
    minItems: 1,
    maxItems: 100,
  }),
  email: Type.String({ maxLength: 320 }),
})

/** The fields of TigerFans, and two more. */
const ReportBody = Compile(
  Type.Object({
    type: Type.String({ pattern: '^payment\\.(succeeded|failed|canceled)$' }),
    payment_session_id: Id,
    order_id: Type.String({ pattern: '^[0-9a-f]{32}$' }),
    amount: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }),
    currency: Type.String({ maxLength: 8 }),
    created_at: Type.Number(),
    idempotency_key: Id,
    /** How often it was sent, with this time: from 1. */
    attempt: Type.Optional(Type.Integer({ minimum: 1 })),
    /** When this attempt was sent, in seconds since the Unix epoch: a repeated report is signed again. */
    sent_at: Type.Optional(Type.Number()),
    metadata: Type.Optional(Metadata),
  }),
)

export interface PaymentReport {
  readonly reportId: string
  readonly outcome: PaymentOutcome
  readonly psid: string
  readonly orderId: string
  /** In cents. */
  readonly amount: number
  readonly currency: string
  readonly basket?: Type.Static<typeof Metadata>
  /** It was never sent before, says the provider. */
  readonly isFirst?: boolean
}

export type ReadReport =
  | { readonly kind: 'genuine'; readonly report: PaymentReport }
  | { readonly kind: 'bad-signature' }
  | { readonly kind: 'malformed' }
  /** Signed, but too old or from the future: it may be replayed. */
  | { readonly kind: 'stale' }

/** `raw`: the body as it came. `ageMsMax` 0 accepts any age. */
export function readReport(
  raw: Buffer,
  signature: string | undefined,
  options: { readonly signer: ReportSigner; readonly ageMsMax: number; readonly nowMs: number },
): ReadReport {
  if (signature === undefined || !options.signer.isSigned(raw, signature)) return { kind: 'bad-signature' }
  const body = parsed(raw)
  if (!ReportBody.Check(body)) return { kind: 'malformed' }
  const sentMs = (body.sent_at ?? body.created_at) * 1_000
  if (options.ageMsMax > 0 && Math.abs(options.nowMs - sentMs) > options.ageMsMax) return { kind: 'stale' }
  return {
    kind: 'genuine',
    report: {
      reportId: body.idempotency_key,
      outcome: body.type.slice('payment.'.length) as PaymentOutcome,
      psid: body.payment_session_id,
      orderId: body.order_id,
      amount: body.amount,
      currency: body.currency,
      ...(body.metadata && { basket: body.metadata }),
      isFirst: body.attempt === 1,
    },
  }
}

function parsed(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'))
  } catch {
    return undefined
  }
}
