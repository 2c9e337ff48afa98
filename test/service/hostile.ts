/**
 * Requests that nobody sends who means well, as data. Of each holds: its answer is no 5xx but 503 and 504, a refusal is
 * problem+json, and a refusal changes nothing.
 */

export interface HostileRequest {
  readonly name: string
  /** As it goes over the wire. */
  readonly bytes: Buffer
  /** One of these, where more is known than the rule; none where the connection may end without an answer. */
  readonly status?: readonly number[]
}

const HOST = 'host: localhost'

function raw(name: string, text: string | Buffer, ...status: number[]): HostileRequest {
  return { name, bytes: Buffer.from(text), ...(status.length > 0 && { status }) }
}

function head(name: string, line: string, headers: readonly string[], ...status: number[]): HostileRequest {
  return raw(name, `${[line, HOST, ...headers].join('\r\n')}\r\n\r\n`, ...status)
}

function posted(name: string, path: string, body: string | Buffer, ...status: number[]): HostileRequest {
  const bytes = Buffer.from(body)
  const headers = [
    `POST ${path} HTTP/1.1`,
    HOST,
    'content-type: application/json',
    `content-length: ${bytes.length}`,
  ]
  return raw(name, Buffer.concat([Buffer.from(`${headers.join('\r\n')}\r\n\r\n`), bytes]), ...status)
}

const seat = (hold_id: string, more = '') =>
  `{"event_id":"gig","seat_ids":["floor-1-1"],"hold_id":"${hold_id}"${more}}`

/** Ids that are none: in JSON, where each escape is one of JavaScript's own. */
const BAD_IDS: readonly (readonly [name: string, id: string])[] = [
  ['a lone high surrogate', '\\ud800'],
  ['a lone low surrogate', 'a\\udfff'],
  ['surrogates in the wrong order', '\\udc00\\ud800'],
  ['NUL', 'a\\u0000'],
  ['a line break', 'a\\nb'],
  ['DEL', 'a\\u007f'],
  ['a C1 control', 'a\\u0085'],
  ['a decomposed letter', 'e\\u0301'],
  ['a compatibility singleton', '\\u212b'],
  ['Hangul jamo', '\\u1112\\u1161\\u11ab'],
  ['nothing', ''],
  ['129 characters', 'x'.repeat(129)],
]

const idsInBodies = BAD_IDS.flatMap(([name, id]) => [
  posted(`hold under ${name}`, '/reservations', seat(id), 400),
  posted(`confirm of ${name}`, '/bookings', `{"hold_id":"${id}","payment":{"method":"card"}}`, 400),
  posted(`seat called ${name}`, '/reservations', `{"event_id":"gig","seat_ids":["${id}"]}`, 400, 404),
  posted(`event called ${name}`, '/availability', `{"event_id":"${id}","ids":["A"]}`, 400, 404),
])

const PATH_IDS = [
  '%ED%A0%80',
  '%00',
  '%0A',
  '%C3',
  '%FF',
  '%',
  '%zz',
  'e%CC%81',
  'x'.repeat(129),
  '%20'.repeat(1_000),
]

const idsInPaths = PATH_IDS.flatMap((id) => [
  head(`release of ${id.slice(0, 12)}`, `DELETE /reservations/${id} HTTP/1.1`, [], 400, 414),
  head(`look at ${id.slice(0, 12)}`, `GET /reservations/${id} HTTP/1.1`, [], 400, 414),
  head(`booking ${id.slice(0, 12)}`, `GET /bookings/${id} HTTP/1.1`, [], 400, 414),
  head(`event ${id.slice(0, 12)}`, `GET /events/${id}/seats HTTP/1.1`, [], 400, 404, 414),
])

const bodies = [
  posted('bytes that are no UTF-8', '/reservations', Buffer.from(seat('a\xffb'), 'latin1'), 400),
  posted(
    'a surrogate as UTF-8',
    '/reservations',
    Buffer.concat([Buffer.from('{"hold_id":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
    400,
  ),
  posted('half an object', '/reservations', '{"event_id":', 400),
  posted('an empty body', '/reservations', '', 400),
  posted('a number', '/reservations', '7', 400),
  posted('a prototype', '/reservations', seat('p', ',"__proto__":{"ttl":1}'), 400),
  posted('a constructor', '/reservations', seat('c', ',"constructor":{"prototype":{"x":1}}'), 400),
  posted('very deep', '/reservations', '['.repeat(30_000), 400),
  posted('a number beyond all', '/reservations', seat('n', ',"ttl":1e999'), 400),
  posted('a ttl of a day and more', '/reservations', seat('t', ',"ttl":86401'), 400),
  posted(
    'units beyond the maximum',
    '/reservations',
    '{"event_id":"gig","lines":[{"id":"A","quantity":1000000001}]}',
    400,
  ),
  posted(
    'units that are none',
    '/reservations',
    '{"event_id":"gig","lines":[{"id":"A","quantity":-1}]}',
    400,
  ),
  posted(
    'a hundred and one lines',
    '/reservations',
    JSON.stringify({ event_id: 'gig', seat_ids: Array.from({ length: 101 }, (_, at) => `s${at}`) }),
    400,
  ),
  posted('SQL', '/reservations', `{"event_id":"gig","seat_ids":["'; drop table hold; --"]}`, 404),
  posted('a body that is too long', '/reservations', `{"event_id":"${'x'.repeat(70_000)}"}`, 413),
]

const HOLD = 'POST /reservations HTTP/1.1'
const JSON_TYPE = 'content-type: application/json'

const heads = [
  raw('a host that is not ours', 'GET /events HTTP/1.1\r\nhost: evil.example\r\n\r\n', 421),
  raw('a host that begins like ours', 'GET /events HTTP/1.1\r\nhost: localhost.evil.example:80\r\n\r\n', 421),
  raw('an address with a tail', 'GET /events HTTP/1.1\r\nhost: 127.0.0.1.evil.example\r\n\r\n', 421),
  raw('no host', 'GET /events HTTP/1.1\r\n\r\n', 400),
  raw('an empty host', 'GET /events HTTP/1.1\r\nhost:\r\n\r\n', 400, 421),
  raw('two hosts', 'GET /events HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n', 400),
  head('a path that is not there', 'GET /nowhere HTTP/1.1', [], 404),
  head('a method that is not there', 'PATCH /reservations HTTP/1.1', [], 405),
  head('TRACE', 'TRACE /events HTTP/1.1', [], 404, 405),
  head('a method that nobody knows', 'BREW /events HTTP/1.1', [], 400, 405),
  head('a tunnel', 'CONNECT localhost:1 HTTP/1.1', [], 405),
  head('a URL that is too long', `GET /events?${'x'.repeat(8_000)} HTTP/1.1`, [], 414),
  head('headers that are too long', 'GET /events HTTP/1.1', [`x: ${'x'.repeat(40_000)}`], 431),
  head(
    'thousands of headers',
    'GET /events HTTP/1.1',
    Array.from({ length: 5_000 }, (_, at) => `x${at}: y`),
    431,
  ),
  head('what cannot be expected', HOLD, ['expect: the-unexpected', JSON_TYPE, 'content-length: 2'], 417),
  head('another kind of body', HOLD, ['content-type: text/plain', 'content-length: 0'], 400, 415),
  head('no body at all', HOLD, [], 400, 415),
  head('a length that is none', HOLD, [JSON_TYPE, 'content-length: -1'], 400),
  head('a length and chunks', HOLD, [JSON_TYPE, 'content-length: 3', 'transfer-encoding: chunked'], 400),
  head('chunks that are none', HOLD, [JSON_TYPE, 'transfer-encoding: chunked', '', 'zz'], 400),
  head('an encoding that nobody knows', HOLD, [JSON_TYPE, 'transfer-encoding: rot13'], 400),
  head('a header that is broken', 'GET /events HTTP/1.1', ['a b c'], 400),
  head('a version that is not there', 'GET /events HTTP/9.9', [], 400),
  raw('no HTTP', 'hello\r\n\r\n', 400),
  raw('TLS', Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]), 400),
  head(
    'a way out of the documentation',
    'GET /docs/static/..%2f..%2f..%2fetc%2fpasswd HTTP/1.1',
    [],
    400,
    403,
    404,
  ),
  head('the audit, where there is none', 'GET /audit HTTP/1.1', [], 404),
  head(
    'the set-up, where there is none',
    'PUT /setup/resources HTTP/1.1',
    [JSON_TYPE, 'content-length: 2', '', '{}'],
    404,
  ),
]

/** Headers have no encoding: an id in one is ASCII. */
const keys = ['\xe9', '\xc3\xa9', '\t', 'x'.repeat(129)].map((key) =>
  raw(
    `the key ${JSON.stringify(key.slice(0, 4))}`,
    Buffer.from(
      `${HOLD}\r\n${HOST}\r\n${JSON_TYPE}\r\nidempotency-key: a${key}b\r\ncontent-length: 43\r\n\r\n{"event_id":"gig","seat_ids":["floor-1-1"]} `,
      'latin1',
    ),
    400,
  ),
)

export const hostileRequests: readonly HostileRequest[] = [
  ...idsInBodies,
  ...idsInPaths,
  ...bodies,
  ...heads,
  ...keys,
]
