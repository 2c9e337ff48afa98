/** Answers to malformed requests, written to the socket itself in the usual form. */
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { PROBLEM_TYPE, Problem, RETRY_AFTER_S } from './problems.ts'

/** For what the HTTP parser refuses, by its error code. */
const REFUSED_BY_PARSER: Readonly<Record<string, readonly [status: number, sentence: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the URL and the headers together are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request took too long to arrive'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'the chunk extensions of the body are too large'],
}

/** The problem for an error before there was a request. */
export function parserProblem(error: Error & { readonly code?: string }): Problem {
  const [status, sentence] = REFUSED_BY_PARSER[error.code ?? ''] ?? [400, 'this is not an HTTP/1.1 request']
  return new Problem('invalid-request', sentence, { status })
}

/** Answers, and ends the connection. */
export function answerAndEnd(socket: Socket, problem: Problem): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const body = JSON.stringify(problem)
  const lines = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'x-content-type-options: nosniff',
    ...(problem.mayBeRetried ? [`retry-after: ${RETRY_AFTER_S}`] : []),
    'connection: close',
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
  // What else the client sends is not read.
  socket.destroySoon()
}
