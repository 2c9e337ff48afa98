/** Fetches a file with curl, so that the user's proxies and certificates apply. */
import { withoutAccounts } from '../address.ts'
import { runToEnd } from './bounded-child.ts'

/** Time limits for about ten megabytes over a slow line, and for the connection alone. */
const DOWNLOAD_DEADLINE_S = 300
const CONNECT_DEADLINE_S = 10
/** A file that is several times too large is not the requested one. */
const BYTES_MAX = 256 * 1024 * 1024

/** Downloads `url` to the file `to` in an existing folder. Errors are clauses of a sentence. */
export async function download(url: string, { folder, to, env, signal }: DownloadOptions): Promise<void> {
  const ended = await runToEnd(
    'curl',
    [
      ...['--fail', '--location', '--silent', '--show-error'],
      ...['--connect-timeout', String(CONNECT_DEADLINE_S)],
      ...['--max-time', String(DOWNLOAD_DEADLINE_S)],
      ...['--max-filesize', String(BYTES_MAX)],
      ...['--output', to, url],
    ],
    {
      deadlineMs: (DOWNLOAD_DEADLINE_S + CONNECT_DEADLINE_S) * 1_000,
      account: undefined,
      cwd: folder,
      env,
      signal,
    },
  )
  if (ended.exitCode !== 0) throw new Error(lastLine(ended.printed))
}

export interface DownloadOptions {
  readonly folder: string
  /** A name in the folder. */
  readonly to: string
  readonly env: NodeJS.ProcessEnv
  readonly signal?: AbortSignal | undefined
}

function lastLine(printed: string): string {
  const said = printed.split('\n').findLast((line) => line.trim() !== '') ?? 'curl failed without a word'
  // The name of a proxy may contain a password.
  return withoutAccounts(said.trim())
}
