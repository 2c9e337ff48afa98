/**
 * Finds k6: the program that K6_BIN names, one on the PATH, one that Go builds into the cache, or the
 * official release.
 */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { withoutAccounts } from '../engines/address.ts'
import { EngineError, reasonOf } from '../engines/engine-error.ts'
import { isOffline } from '../engines/local/archive.ts'
import { runToEnd } from '../engines/local/bounded-child.ts'
import { openCacheHome } from '../engines/local/cache-home.ts'
import { isExecutable, programsOnPath, versionText } from '../engines/local/program.ts'
import { fetchK6, type K6Release, k6ReleaseOf } from './k6-release.ts'

export interface K6Program {
  readonly path: string
  readonly source: 'K6_BIN' | 'PATH' | 'cache' | 'go install' | 'release'
  /** `1.8.1`, without the v. */
  readonly version: string
}

const K6_VERSION = '1.8.1'
const MODULE = `go.k6.io/k6@v${K6_VERSION}`
/** From this version on, scripts in TypeScript need no bundler. */
const MAJOR_MIN = 1
const VERSION_DEADLINE_MS = 20_000
/** Go fetches and compiles a hundred modules: a minute on a fast machine. */
const BUILD_DEADLINE_MS = 900_000
const REMEDY = `go install ${MODULE}   (or: export K6_BIN=<the path of k6>)`

export interface LocateK6Options {
  readonly env: NodeJS.ProcessEnv
  readonly log: (line: string) => void
  readonly signal?: AbortSignal
  /** Whether k6 may be built or fetched; tests do not wait for that. */
  readonly mayFetch: boolean
  /** Instead of the official release; or the reason why there is none, as a clause. */
  readonly release?: K6Release | string
}

/** Throws `EngineError` if there is none, and the signal's reason if it is aborted. */
export async function locateK6(options: LocateK6Options): Promise<K6Program> {
  const { env, log, signal, mayFetch } = options
  const named = env.K6_BIN?.trim()
  if (named) {
    const version = isExecutable(named) ? await versionOf(named) : undefined
    if (version !== undefined) return { path: named, source: 'K6_BIN', version }
    throw new EngineError({
      engine: 'k6',
      problem: 'misconfigured',
      message: `K6_BIN names ${named}, which is not k6 ${MAJOR_MIN} or newer.`,
      remedy: 'unset K6_BIN, or name the path of k6 in it',
    })
  }
  for (const path of onThePath(env)) {
    const version = await versionOf(path)
    if (version !== undefined) return { path, source: 'PATH', version }
    log(`k6: ${path} is skipped: it is not k6 ${MAJOR_MIN} or newer`)
  }
  const platform = `${process.platform}-${process.arch}`
  const home = openCacheHome('k6', env)
  const folder = join(home.folder, `k6-${K6_VERSION}-${platform}`)
  const released = `${folder}-release`
  for (const cached of [folder, released]) {
    const path = join(cached, 'k6')
    const version = existsSync(path) ? await versionOf(path) : undefined
    if (version !== undefined) return { path, source: 'cache', version }
  }
  if (!mayFetch) throw missing('k6 may not be built or fetched here')
  if (isOffline(env)) throw missing('HOLDFAST_OFFLINE forbids fetching one')
  const whyNotBuilt = await build(folder, options)
  if (whyNotBuilt === undefined) return atHand(join(folder, 'k6'), 'go install')
  const release = options.release ?? k6ReleaseOf(K6_VERSION, platform)
  try {
    if (typeof release === 'string') throw new Error(release)
    log(`k6: ${whyNotBuilt}; fetching the release ${K6_VERSION} into ${home.folder}`)
    await rm(released, { recursive: true, force: true })
    await fetchK6(release, released, { env, signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw missing(`${whyNotBuilt}, and the release could not be fetched: ${reasonOf(error)}`)
  }
  return atHand(join(released, 'k6'), 'release')
}

async function atHand(path: string, source: K6Program['source']): Promise<K6Program> {
  const version = await versionOf(path)
  if (version === undefined) throw missing(`the program from ${source} does not run here`)
  return { path, source, version }
}

/** Makes Go build k6 into the folder; returns the reason as a clause if it could not. */
async function build(folder: string, { env, log, signal }: LocateK6Options): Promise<string | undefined> {
  log(`k6: not found; Go builds ${MODULE} into ${folder}, which takes a minute or two, once`)
  try {
    const built = await runToEnd('go', ['install', MODULE], {
      deadlineMs: BUILD_DEADLINE_MS,
      account: undefined,
      cwd: dirname(folder),
      // Go creates the folder when it needs it.
      env: { ...env, GOBIN: folder },
      ...(signal && { signal }),
    })
    if (built.exitCode === 0) return undefined
    return `Go could not build it: ${withoutAccounts(built.printed.trim().split('\n').at(-1) ?? 'it printed no reason')}`
  } catch (error) {
    signal?.throwIfAborted()
    return `Go could not be run: ${reasonOf(error)}`
  }
}

async function versionOf(path: string): Promise<string | undefined> {
  try {
    const text = await versionText(path, ['version'], VERSION_DEADLINE_MS)
    const version = /\bk6(?:\.exe)? v(\d+)\.(\d+\.\d+)/.exec(text ?? '')
    if (version === null || Number(version[1]) < MAJOR_MIN) return undefined
    return `${version[1]}.${version[2]}`
  } catch {
    return undefined
  }
}

/** Go's folder for programs is not on every PATH. */
function onThePath(env: NodeJS.ProcessEnv): readonly string[] {
  const go = env.GOBIN ?? (env.GOPATH ? join(env.GOPATH, 'bin') : env.HOME ? join(env.HOME, 'go', 'bin') : '')
  return programsOnPath(env, ['k6'], [go])
}

function missing(why: string): EngineError {
  return new EngineError({
    engine: 'k6',
    problem: 'missing',
    message: `No k6 is on the PATH or in the cache: ${why}.`,
    remedy: REMEDY,
  })
}
