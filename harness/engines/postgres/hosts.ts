/**
 * Several hosts in one URL, as the client libraries of PostgreSQL take them: a primary and its standbys, of
 * which the run uses the one that takes writes now. It is found when the engine is opened, and kept.
 */
import pg from 'pg'
import { EngineError } from '../engine-error.ts'
import { adminConfig, printableUrl } from './connection.ts'
import { connectFailure, EXAMPLE, failure } from './failures.ts'
import { parsePostgresUrl, provePostgresSpeaks } from './url.ts'

const ATTRIBUTES = 'target_session_attrs'
/** Of what it may ask for, what a run can use: it writes. */
const WRITES: ReadonlySet<string> = new Set(['any', 'read-write', 'primary'])
/** More would only be tried one after another. */
const HOSTS_MAX = 16

/** The URLs of its hosts, each without the others. Throws an `EngineError` for a URL that cannot be used. */
export function hostsOf(text: string): readonly string[] {
  const parts = /^(postgres(?:ql)?:\/\/)((?:[^/?]*@)?)([^/?@]*)([^?]*)(?:\?(.*))?$/is.exec(text)
  if (parts === null) return [text]
  const [, scheme = '', account = '', hosts = '', path = '', query = ''] = parts
  const options = query.split('&').filter(Boolean)
  const asked = options.find((option) => option.startsWith(`${ATTRIBUTES}=`))?.slice(ATTRIBUTES.length + 1)
  if (asked !== undefined && !WRITES.has(asked)) {
    throw failure(
      'misconfigured',
      `POSTGRES_URL asks for ${ATTRIBUTES}=${asked}, and a run writes.`,
      `write ${ATTRIBUTES}=read-write into it`,
    )
  }
  if (asked === undefined && !hosts.includes(',')) return [text]
  const kept = options.filter((option) => !option.startsWith(`${ATTRIBUTES}=`)).join('&')
  const named = hosts.split(',').filter(Boolean)
  if (named.length > HOSTS_MAX) {
    throw failure(
      'misconfigured',
      `POSTGRES_URL names ${named.length} hosts; at most ${HOSTS_MAX} are tried.`,
      EXAMPLE,
    )
  }
  // None is given where a socket is named among the options.
  return (named.length === 0 ? [''] : named).map(
    (host) => `${scheme}${account}${host}${path}${kept === '' ? '' : `?${kept}`}`,
  )
}

/** The URL of the first that takes writes. Throws an `EngineError` that says why none of them does. */
export async function writableHost(
  text: string,
  { log, signal }: { readonly log: (line: string) => void; readonly signal: AbortSignal | undefined },
): Promise<string> {
  const urls = hostsOf(text)
  const [only] = urls
  if (urls.length === 1 && only !== undefined) return only
  const reasons: string[] = []
  for (const url of urls) {
    const why = await whyNotWritable(url, signal)
    const { host, port } = parsePostgresUrl(url)
    if (why === undefined) {
      log(`postgres: of the ${urls.length} hosts in POSTGRES_URL, ${host}:${port} takes writes`)
      return url
    }
    reasons.push(`${host}:${port}: ${why.replace(/\.$/, '')}`)
  }
  throw failure(
    'unreachable',
    `None of the ${urls.length} hosts in POSTGRES_URL takes writes. ${reasons.join('; ')}.`,
    'start the primary, or promote a standby',
  )
}

/** A clause or sentence; undefined if it takes writes. */
async function whyNotWritable(url: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  const target = parsePostgresUrl(url)
  const client = new pg.Client({ ...adminConfig(target), options: target.options })
  client.on('error', () => undefined)
  try {
    await provePostgresSpeaks(target, signal)
    await client.connect()
    const { rows } = await client.query<{ standby: boolean; reads: string }>(
      `select pg_is_in_recovery() as standby, current_setting('default_transaction_read_only') as reads`,
    )
    if (rows[0]?.standby) return 'it is a standby'
    return rows[0]?.reads === 'on' ? 'it lets no session write' : undefined
  } catch (error) {
    const { message, problem } = error instanceof EngineError ? error : connectFailure(target, error)
    // What is wrong with the account is wrong on every host.
    if (problem === 'refused-access' || problem === 'aborted') throw connectFailure(target, error)
    return message.replaceAll(`${printableUrl(target)} `, 'it ')
  } finally {
    await client.end().catch(() => undefined)
  }
}
