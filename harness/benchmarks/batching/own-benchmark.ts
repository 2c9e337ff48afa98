/**
 * TigerBeetle's own load generator, which starts and ends its own replica, in a folder next to those of our
 * replicas.
 */
import { join } from 'node:path'
import { runToEnd } from '../../engines/local/bounded-child.ts'
import { openCacheHome } from '../../engines/local/cache-home.ts'
import { createRunFolder } from '../../engines/local/run-folder.ts'
import { clientVersion } from '../../engines/tigerbeetle/client.ts'
import type { TigerbeetleEngine } from '../../engines/tigerbeetle/open.ts'
import { locateTigerbeetleProgram } from '../../engines/tigerbeetle/program.ts'

/** Full batches, for half a second or more. */
const TRANSFERS = 400_000
const ACCOUNTS = 1_000
/** Most of the time is spent creating a data file of a gigabyte. */
const DEADLINE_MS = 30_000

/** What it reached, or why that is not known. */
export type OwnBenchmark =
  | { readonly kind: 'measured'; readonly how: string; readonly perSecond: number }
  | { readonly kind: 'not measured'; readonly why: string }

export async function ownBenchmark(engine: TigerbeetleEngine): Promise<OwnBenchmark> {
  if (engine.source === 'TIGERBEETLE_ADDRESSES') {
    return {
      kind: 'not measured',
      why: 'the cluster at TIGERBEETLE_ADDRESSES is not a new one on this machine',
    }
  }
  const { env } = process
  const home = openCacheHome('tigerbeetle', env)
  const { path } = await locateTigerbeetleProgram({
    clientVersion: clientVersion(),
    home,
    env,
    log: () => undefined,
    signal: undefined,
  })
  const folder = await createRunFolder(home, 'tigerbeetle')
  try {
    const sizes = ['cache-grid', 'cache-accounts'].flatMap((name) => {
      const value = engine.durability.settings[name]
      return value === undefined ? [] : [`--${name}=${value}`]
    })
    const { printed, exitCode } = await runToEnd(
      path,
      [
        'benchmark',
        `--transfer-count=${TRANSFERS}`,
        `--account-count=${ACCOUNTS}`,
        '--transfer-pending',
        '--query-count=0',
        ...sizes,
        `--file=${join(folder.path, 'benchmark.tigerbeetle')}`,
      ],
      { deadlineMs: DEADLINE_MS, account: undefined, cwd: folder.path },
    )
    const accepted = /^load accepted = (\d+) tx\/s$/m.exec(printed)?.[1]
    if (exitCode !== 0 || accepted === undefined) {
      const said = printed.trim().split('\n').at(-1) ?? ''
      return { kind: 'not measured', why: `tigerbeetle benchmark reported no rate (${said.slice(0, 200)})` }
    }
    const batch = /^transfer batch size = (\d+)/m.exec(printed)?.[1] ?? 'full'
    return {
      kind: 'measured',
      how: `${TRANSFERS} pending transfers between ${ACCOUNTS} accounts, ${batch} a request`,
      perSecond: Number(accepted),
    }
  } finally {
    await folder.remove()
  }
}
