/** A load client's view of a shop: the public routes of TigerFans. */

export interface ShopAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export async function asked(
  url: string,
  method: string,
  path: string,
  body?: string | URLSearchParams,
  headers: Readonly<Record<string, string>> = {},
): Promise<ShopAnswer> {
  const isJson = typeof body === 'string' && !('content-type' in headers)
  const response = await fetch(`${url}${path}`, {
    method,
    redirect: 'manual',
    headers: { ...(isJson && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

export interface CheckedOut {
  readonly orderId: string
  readonly psid: string
}

/** Undefined if it was refused or not answered. */
export async function checkedOut(url: string, cls: string, key?: string): Promise<CheckedOut | undefined> {
  const body = JSON.stringify({ cls, customer_email: 'a@example.org' })
  const answer = await asked(
    url,
    'POST',
    '/api/checkout',
    body,
    key === undefined ? {} : { 'idempotency-key': key },
  ).catch(() => undefined)
  if (answer?.status !== 200) return undefined
  const { order_id, redirect_url } = JSON.parse(answer.text) as { order_id: string; redirect_url: string }
  return { orderId: order_id, psid: redirect_url.replace('/mockpay/', '') }
}

/** The status of the answer; undefined if there was none. */
export async function emitted(url: string, psid: string, outcome: string): Promise<number | undefined> {
  const form = new URLSearchParams({ t: outcome })
  return (await asked(url, 'POST', `/mockpay/${psid}/emit`, form).catch(() => undefined))?.status
}

/** Undefined until the order is known. */
export async function statusOf(url: string, orderId: string): Promise<string | undefined> {
  const answer = await asked(url, 'GET', `/api/orders/${orderId}`).catch(() => undefined)
  if (answer?.status !== 200) return undefined
  return (JSON.parse(answer.text) as { status: string }).status
}
