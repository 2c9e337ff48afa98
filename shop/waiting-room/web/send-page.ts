/** A page of the room, in an app whose own policy may allow no page at all. */
import type { FastifyReply } from 'fastify'

const HTML = 'text/html; charset=utf-8'
const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  'img-src data:',
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join(';')

export function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply
    .type(HTML)
    .header('content-security-policy', POLICY)
    .header('cache-control', 'no-store')
    .send(page)
}
