/** The load generator that a run starts: the one named, one on the PATH, or one that Go builds into the cache. */
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { runToEnd } from '../engines/bounded-child.ts'
import { openCacheHome } from '../engines/cache-home.ts'
import { EngineError, reasonOf } from '../engines/engine-error.ts'
import { makeFolders } from '../folders.ts'

export interface K6Program {
  readonly path: string
  readonly source: 'K6_BIN' | 'PATH' | 'cache' | 'go install'
  /** `1.8.1`, without the v. */
  readonly version: string
}

const K6_VERSION = '1.8.1'
const MODULE = `go.k6.io/k6@v${K6_VERSION}`
/** Scripts in TypeScript need no bundler since then. */
const MAJOR_MIN = 1
const VERSION_DEADLINE_MS = 20_000
/** A hundred modules are fetched and compiled: a minute on a fast machine. */
const BUILD_DEADLINE_MS = 900_000
const REMEDY = `go install ${MODULE}   (or: export K6_BIN=<the path of k6>)`

export interface LocateK6Options {
  readonly env: NodeJS.ProcessEnv
  readonly log: (line: string) => void
  readonly signal?: AbortSignal
  /** Whether Go may build one; a test does not wait for that. */
  readonly mayBuild: boolean
}

/** Throws `EngineError` where there is none. The makers' release is not fetched: no hash of it is pinned here. */
export async function locateK6({ env, log, signal, mayBuild }: LocateK6Options): Promise<K6Program> {
  const named = env.K6_BIN?.trim()
  if (named) {
    const version = isExecutable(named) ? await versionOf(named) : undefined
    if (version !== undefined) return { path: named, source: 'K6_BIN', version }
    throw new EngineError({
      engine: 'k6',
      problem: 'misconfigured',
      message: `K6_BIN names ${named}, which is no k6 of version ${MAJOR_MIN} or newer.`,
      remedy: 'unset K6_BIN, or name the path of k6 in it',
    })
  }
  for (const path of onThePath(env)) {
    const version = await versionOf(path)
    if (version !== undefined) return { path, source: 'PATH', version }
    log(`k6: ${path} is passed over: it is no k6 of version ${MAJOR_MIN} or newer`)
  }
  const folder = join(openCacheHome('k6', env).folder, `k6-${K6_VERSION}-${process.platform}-${process.arch}`)
  const cached = join(folder, 'k6')
  if (existsSync(cached)) {
    const version = await versionOf(cached)
    if (version !== undefined) return { path: cached, source: 'cache', version }
  }
  if (!mayBuild) throw missing('and Go is not asked to build one here')
  if (/^(1|true|yes)$/i.test(env.HOLDFAST_OFFLINE ?? ''))
    throw missing('and HOLDFAST_OFFLINE forbids fetching one')
  log(`k6: none is here; Go builds ${MODULE} into ${folder}, which takes a minute or two, once`)
  makeFolders(folder, 0o755)
  const built = await runToEnd('go', ['install', MODULE], {
    deadlineMs: BUILD_DEADLINE_MS,
    account: undefined,
    cwd: folder,
    env: { ...env, GOBIN: folder },
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    throw missing(`and Go could not be asked to build one: ${reasonOf(error)}`)
  })
  const version = built.exitCode === 0 ? await versionOf(cached) : undefined
  if (version === undefined) {
    throw missing(
      `and Go could not build one: ${built.printed.trim().split('\n').at(-1) ?? 'without a word'}`,
    )
  }
  return { path: cached, source: 'go install', version }
}

async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { printed, exitCode } = await runToEnd(path, ['version'], {
      deadlineMs: VERSION_DEADLINE_MS,
      account: undefined,
      cwd: '/',
    })
    const version = /\bk6(?:\.exe)? v(\d+)\.(\d+\.\d+)/.exec(printed)
    if (exitCode !== 0 || version === null || Number(version[1]) < MAJOR_MIN) return undefined
    return `${version[1]}.${version[2]}`
  } catch {
    return undefined
  }
}

/** Where Go puts programs is not on every PATH. */
function onThePath(env: NodeJS.ProcessEnv): readonly string[] {
  const go = env.GOBIN ?? (env.GOPATH ? join(env.GOPATH, 'bin') : env.HOME ? join(env.HOME, 'go', 'bin') : '')
  const folders = [...(env.PATH ?? '').split(delimiter), go].filter(isAbsolute)
  return [...new Set(folders)].map((folder) => join(folder, 'k6')).filter(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function missing(why: string): EngineError {
  return new EngineError({
    engine: 'k6',
    problem: 'missing',
    message: `No k6 is on the PATH or in the cache, ${why}.`,
    remedy: REMEDY,
  })
}
