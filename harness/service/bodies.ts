/** Accepts JSON bodies alone; anything else is answered 415. */
import type { FastifyInstance } from 'fastify'
import { Problem } from './problems.ts'

/** Bodies that are not UTF-8 are refused: lenient decoding could make two different ids equal. */
export function strictJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  app.removeContentTypeParser(['text/plain', 'application/json'])
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    let text: string
    try {
      text = utf8.decode(Buffer.from(body))
    } catch {
      done(new Problem('invalid-request', 'the body is not UTF-8'))
      return
    }
    void parse(request, text, done)
  })
}
