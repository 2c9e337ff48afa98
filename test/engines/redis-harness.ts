/** What the tests of Redis share: the server program, a cache of their own, programs to end, the process table. */
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EngineError } from '../../harness/engines/engine-error.ts'
import { openCacheHome } from '../../harness/engines/local/cache-home.ts'
import { locateRedisProgram } from '../../harness/engines/redis/program.ts'
import { type FixtureProgram, startFixture } from './fixture-program.ts'

/** The one that this machine gives, from its usual cache: only one test fetches it. Undefined where there is none. */
export const serverProgram: string | undefined = await locateRedisProgram(
  openCacheHome('redis', process.env),
  process.env,
  () => undefined,
  undefined,
).then(
  ({ path }) => path,
  (error: unknown) => {
    const required = (process.env.REQUIRE_ENGINES ?? '').split(',').includes('redis')
    if (required || !(error instanceof EngineError)) throw error
    return undefined
  },
)

export interface RedisCache {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  remove(): void
}

/** As root the servers run under an account that has to be able to walk here. */
export function redisCache(): RedisCache {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'holdfast-test-'))
  chmodSync(folder, process.geteuid?.() === 0 ? 0o755 : 0o700)
  const { REDIS_URL: _url, REDIS_URLS: _urls, REDIS_BIN: _bin, ...inherited } = process.env
  return {
    folder,
    env: {
      ...inherited,
      XDG_CACHE_HOME: folder,
      ...(serverProgram === undefined ? {} : { REDIS_BIN: serverProgram }),
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}

/** The folders of runs, absolute. */
export function runFolders(cache: RedisCache): string[] {
  const runs = join(cache.folder, 'holdfast', 'redis-runs')
  return existsSync(runs) ? readdirSync(runs).map((name) => join(runs, name)) : []
}

/** The servers that have a run in this cache, by what their runs say of them. */
export function serverPids(cache: RedisCache): number[] {
  return runFolders(cache).flatMap((run) =>
    readdirSync(run)
      .filter((name) => name.endsWith('.pid'))
      .map((name) => Number(readFileSync(join(run, name), 'utf8').split('\n')[0])),
  )
}

export async function startProgram(
  env: NodeJS.ProcessEnv,
  { ending = 'wait', nodes = 2 }: { readonly ending?: string; readonly nodes?: number } = {},
): Promise<FixtureProgram & { readonly prefix: string; readonly urls: readonly string[] }> {
  const program = await startFixture(
    new URL('./fixtures/redis-run-with-engine.ts', import.meta.url),
    env,
    ending,
    String(nodes),
  )
  const { prefix, urls } = JSON.parse(program.firstLine)
  return { ...program, prefix: String(prefix), urls: urls.map(String) }
}
