/** Forms of pages. */
import { Problem } from '../../../harness/service/problems.ts'
import type { ShopApp } from '../shop-web.ts'

export const HTML_TYPE = 'text/html; charset=utf-8'
const FORM_BYTES_MAX = 16_384

export function acceptForms(app: ShopApp): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: FORM_BYTES_MAX },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  )
}

/** Throws a `Problem` if the body is no form. */
export function formOf(body: unknown): URLSearchParams {
  if (body instanceof URLSearchParams) return body
  throw new Problem('invalid-request', 'a form is expected')
}
