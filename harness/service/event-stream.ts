/** Streams of events (SSE): an answer without an end, which no hook of the app writes. */
import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'

/** Begins the answer, with the headers that hooks have set for every answer. Nothing may be sent before. */
export function beginStream(reply: FastifyReply): ServerResponse {
  reply.hijack()
  const stream = reply.raw
  stream.on('error', () => undefined)
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) stream.setHeader(name, value)
  }
  stream.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  return stream
}
