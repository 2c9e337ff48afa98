/** The introduction of the OpenAPI document. */
const PARAGRAPHS = [
  ['Reserves seats and tickets: a hold until a deadline, then a booking.'],
  [
    '**The hold id is the only credential.** There is no login. Every client that knows a hold’s id may confirm it, release',
    'it and read it; it is at the same time the idempotency key, so that a request sent again under the same id',
    'has one effect and one answer. Make it of at least 128 random bits (a random UUID is enough), use it for',
    'one hold, send it over TLS alone, and keep it out of logs and links. Where ids have to be shown, the',
    'operator turns on `--owner-secrets`: then the client keeps a secret, sends it in the `hold-secret` header',
    'of each request, and the hold’s id is HMAC-SHA256(secret, "holdfast hold id, version 1") in base64url, from',
    'which the secret does not follow.',
  ],
  [
    '**Errors are problem+json** (RFC 9457), all of them; `type` is what to branch on. 503 says that nothing was',
    'done, and when to try again (`retry-after`). 504 (`unknown-outcome`) says that nobody knows: send it again',
    'under the same id.',
  ],
  [
    '**This document is the contract** for a service in another language, which `holdfast compare --strategy http://…`',
    'judges as it judges a strategy: docs/service.md says which routes it must have, and which two it has for set-up.',
  ],
  [
    '**Ids** are 1 to 128 characters of well-formed Unicode in normal form C, without control characters;',
    'anything else is refused. The `Idempotency-Key` header takes ASCII alone.',
  ],
]

export const API_DESCRIPTION = PARAGRAPHS.map((lines) => lines.join(' ')).join('\n\n')
