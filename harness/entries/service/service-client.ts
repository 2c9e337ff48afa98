/**
 * Requests to a service under test. Each has a deadline and a limit on its answer; what is not answered in
 * time, or not in full, throws, so that its outcome is recorded as unknown. No redirect is followed: requests
 * go to the address that the user gave, and to no other.
 */

/** An answer of the service, whatever its status. */
export interface ServiceAnswer {
  readonly status: number
  readonly headers: Headers
  /** Parsed, if it is JSON; its text otherwise; undefined if it is empty. */
  readonly body: unknown
}

export interface ServiceRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH'
  /** Below the address that the user gave. */
  readonly path: string
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as a form; instead of `json`. */
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

export type AskService = (request: ServiceRequest) => Promise<ServiceAnswer>

/** Longer than a service of Holdfast's own takes to answer 504. */
const REQUEST_MS_MAX = 20_000
/** Availability of a hundred thousand seats is about 5 MB. */
const ANSWER_BYTES_MAX = 16 * 2 ** 20

/** The service did not answer as its API says. The outcome of the call is unknown. */
export class ServiceAnswerError extends Error {
  override readonly name = 'ServiceAnswerError'
  /** Of the answer, if there was one. */
  readonly status: number | undefined

  constructor(message: string, status?: number) {
    super(message)
    this.status = status
  }
}

export function askAt(base: URL, deadlineMs: number = REQUEST_MS_MAX): AskService {
  return async ({ method, path, json, form, headers }) => {
    const url = new URL(base.pathname.replace(/\/$/, '') + path, base)
    if (url.origin !== base.origin) throw new ServiceAnswerError(`${path} is not below ${base.origin}`)
    const payload = form === undefined ? json : new URLSearchParams(form).toString()
    const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded'
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(deadlineMs),
      headers: { ...(payload !== undefined && { 'content-type': type }), ...headers },
      ...(payload !== undefined && { body: form === undefined ? JSON.stringify(json) : String(payload) }),
    })
    return { status: response.status, headers: response.headers, body: parsed(await textOf(response)) }
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > ANSWER_BYTES_MAX) throw new ServiceAnswerError('the answer is longer than any answer may be')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parsed(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
