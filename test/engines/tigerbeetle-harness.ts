/** What the tests of TigerBeetle share: the server program, a cache of their own, programs to end, the process table. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Account } from 'tigerbeetle-node'
import { EngineError } from '../../harness/engines/engine-error.ts'
import { openCacheHome } from '../../harness/engines/local/cache-home.ts'
import { clientVersion } from '../../harness/engines/tigerbeetle/client.ts'
import { locateTigerbeetleProgram } from '../../harness/engines/tigerbeetle/program.ts'
import { type FixtureProgram, startFixture } from './fixture-program.ts'

/** The one that this machine gives. Undefined where there is none: then nothing about a real one is proven, loudly. */
export const serverProgram: string | undefined = await locateTigerbeetleProgram({
  clientVersion: clientVersion(),
  home: openCacheHome('tigerbeetle', process.env),
  env: process.env,
  log: () => undefined,
  signal: undefined,
}).then(
  ({ path }) => path,
  (error: unknown) => {
    const required = (process.env.REQUIRE_ENGINES ?? '').split(',').includes('tigerbeetle')
    if (required || !(error instanceof EngineError)) throw error
    console.warn(`tigerbeetle: NOT PROVEN: ${error.message} To fix it: ${error.remedy}`)
    return undefined
  },
)

export interface TigerbeetleCache {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  remove(): void
}

/** As root the replicas run under an account that has to be able to walk here. */
export function tigerbeetleCache(): TigerbeetleCache {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'holdfast-test-'))
  chmodSync(folder, process.geteuid?.() === 0 ? 0o755 : 0o700)
  const {
    TIGERBEETLE_ADDRESSES: _addresses,
    TIGERBEETLE_CLUSTER: _cluster,
    TIGERBEETLE_BIN: _bin,
    ...inherited
  } = process.env
  return {
    folder,
    env: {
      ...inherited,
      XDG_CACHE_HOME: folder,
      ...(serverProgram === undefined ? {} : { TIGERBEETLE_BIN: serverProgram }),
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}

/** The folders of runs, absolute. */
export function runFolders(cache: TigerbeetleCache): string[] {
  const runs = join(cache.folder, 'holdfast', 'tigerbeetle-runs')
  return existsSync(runs) ? readdirSync(runs).map((name) => join(runs, name)) : []
}

/** The replicas that have a run in this cache, by what their runs say of them. */
export function replicaPids(cache: TigerbeetleCache): number[] {
  return runFolders(cache).flatMap((run) =>
    readdirSync(run)
      .filter((name) => name.endsWith('.pid'))
      .map((name) => Number(readFileSync(join(run, name), 'utf8').split('\n')[0])),
  )
}

/** How the system was asked to start it. */
export function commandOf(pid: number): string {
  return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim()
}

export async function startProgram(env: NodeJS.ProcessEnv, ending = 'wait'): Promise<FixtureProgram> {
  return await startFixture(
    new URL('./fixtures/tigerbeetle-run-with-engine.ts', import.meta.url),
    env,
    ending,
  )
}

export function account(fields: Pick<Account, 'id' | 'ledger'>): Account {
  return {
    debits_pending: 0n,
    debits_posted: 0n,
    credits_pending: 0n,
    credits_posted: 0n,
    user_data_128: 0n,
    user_data_64: 0n,
    user_data_32: 0,
    reserved: 0,
    code: 1,
    flags: 0,
    timestamp: 0n,
    ...fields,
  }
}
