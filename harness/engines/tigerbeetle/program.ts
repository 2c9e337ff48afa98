/** The server program that a run starts: the one named, one on the PATH, or one that is fetched. */
import { EngineError, reasonOf } from '../engine-error.ts'
import type { CacheHome } from '../local/cache-home.ts'
import { isExecutable, programsOnPath, versionText } from '../local/program.ts'
import { fetchedServer } from './release.ts'

export interface TigerbeetleProgram {
  readonly path: string
  readonly source: 'TIGERBEETLE_BIN' | 'PATH' | 'release'
  /** As the program reports it, without the commit: `0.17.9`. */
  readonly version: string
}

const VERSION_DEADLINE_MS = 10_000
export const OTHER_WAY = 'export TIGERBEETLE_ADDRESSES=127.0.0.1:3000'

export async function locateTigerbeetleProgram(options: {
  readonly clientVersion: string
  readonly home: CacheHome
  readonly env: NodeJS.ProcessEnv
  readonly log: (line: string) => void
  readonly signal: AbortSignal | undefined
}): Promise<TigerbeetleProgram> {
  const { clientVersion, env, log } = options
  const named = env.TIGERBEETLE_BIN?.trim()
  if (named) {
    const found = isExecutable(named)
      ? await usable(named, clientVersion)
      : { obstacle: 'it is not an executable program' }
    if ('version' in found) return { path: named, source: 'TIGERBEETLE_BIN', version: found.version }
    throw new EngineError({
      engine: 'tigerbeetle',
      problem: 'misconfigured',
      message: `TIGERBEETLE_BIN names ${named}, which cannot be used: ${found.obstacle}.`,
      remedy: `unset TIGERBEETLE_BIN, or name the path of a tigerbeetle ${clientVersion} in it`,
    })
  }
  let onPath = 'No tigerbeetle is on the PATH'
  for (const path of programsOnPath(env, ['tigerbeetle'])) {
    const found = await usable(path, clientVersion)
    if ('version' in found) return { path, source: 'PATH', version: found.version }
    log(`tigerbeetle: ${path} is skipped: ${found.obstacle}`)
    onPath = `${path} cannot be used (${found.obstacle})`
  }
  const path = await fetchedServer({ ...options, version: clientVersion }).catch((error: unknown) => {
    throw missing(`${onPath}, and ${reasonOf(error)}`, clientVersion)
  })
  const found = await usable(path, clientVersion)
  if ('version' in found) return { path, source: 'release', version: found.version }
  throw missing(`${onPath}, and the one that was fetched does not run here: ${found.obstacle}`, clientVersion)
}

/**
 * The program's version, or a clause that says why it cannot be used. A client may be older than its server,
 * never newer.
 */
async function usable(
  path: string,
  clientVersion: string,
): Promise<{ readonly version: string } | { readonly obstacle: string }> {
  try {
    const text = (await versionText(path, ['version', '--verbose'], VERSION_DEADLINE_MS)) ?? ''
    const version = /\bTigerBeetle version (\d+\.\d+\.\d+)/.exec(text)?.[1]
    if (version === undefined) {
      return { obstacle: 'it does not print its version as a TigerBeetle server does' }
    }
    if (isOlder(version, clientVersion)) {
      return {
        obstacle: `it is version ${version}, and the client ${clientVersion} may not be newer than its server`,
      }
    }
    const oldestClient = /\brelease_client_min=(\d+\.\d+\.\d+)/.exec(text)?.[1]
    if (oldestClient !== undefined && isOlder(clientVersion, oldestClient)) {
      return {
        obstacle: `it is version ${version}, which needs a client of ${oldestClient} or newer, not ${clientVersion}`,
      }
    }
    return { version }
  } catch (error) {
    return { obstacle: reasonOf(error) }
  }
}

function isOlder(version: string, than: string): boolean {
  const [left, right] = [version.split('.').map(Number), than.split('.').map(Number)]
  for (const [place, number] of left.entries()) {
    const other = right[place] ?? 0
    if (number !== other) return number < other
  }
  return false
}

function missing(message: string, clientVersion: string): EngineError {
  return new EngineError({
    engine: 'tigerbeetle',
    problem: 'missing',
    message: `${message}.`,
    remedy: `export TIGERBEETLE_BIN=<the path of tigerbeetle ${clientVersion}>   (or: ${OTHER_WAY})`,
  })
}
