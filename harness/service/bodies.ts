/** Accepts JSON bodies alone; anything else is answered 415. */
import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { Problem } from './problems.ts'

/** Bodies that are not UTF-8 are refused: lenient decoding could make two different ids equal. */
export function strictJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser(['text/plain', 'application/json'])
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (isUtf8(body)) void parse(request, body.toString('utf8'), done)
    else done(new Problem('invalid-request', 'the body is not UTF-8'))
  })
}
