/**
 * On a server that is not ours to throw away, the keys of a killed run are found by what it left behind. Every run is
 * listed in one set, from before its first key until its last is deleted, and marks itself living by a key that expires
 * unless it is set again. Whatever is listed without a living mark is over, and its keys may be deleted.
 *
 *     holdfast:runs                  the set of runs
 *     holdfast:run:<run id>          the mark of a living run
 *     holdfast:<run id>:<n>:...      the keys of its n-th namespace
 */
import type { Redis } from 'ioredis'
import { reasonOf } from './engine-error.ts'
import { clearPrefix } from './redis-namespace.ts'

const RUNS = 'holdfast:runs'
/** Longer than any pause that a run survives: a debugger's, a suspended laptop's, a stalled disk's. */
const MARK_TTL_MS = 5 * 60_000
const MARK_EVERY_MS = 30_000
const RUN_ID = /^[0-9a-f]{12}$/

export function namespacePrefix(runId: string, count: number): string {
  return `holdfast:${runId}:${count}:`
}

export interface RunMark extends AsyncDisposable {
  readonly runId: string
}

export async function holdRunMark(admins: readonly Redis[], runId: string): Promise<RunMark> {
  const set = async (admin: Redis): Promise<void> => {
    // In one step, or a run that clears up between the two would take this one for dead.
    const results = await admin
      .multi()
      .sadd(RUNS, runId)
      .set(markOf(runId), Date.now(), 'PX', MARK_TTL_MS)
      .exec()
    for (const [error] of results ?? []) if (error) throw error
  }
  await Promise.all(admins.map(set))
  // A server that does not answer now is marked the next time; the mark lasts for ten failures.
  const again = setInterval(() => {
    for (const admin of admins) set(admin).catch(() => undefined)
  }, MARK_EVERY_MS).unref()
  return {
    runId,
    async [Symbol.asyncDispose]() {
      clearInterval(again)
      // A run whose keys could not be deleted stays listed, for a later run to do it.
      await Promise.all(admins.map((admin) => endRun(admin, runId).catch(() => undefined)))
    },
  }
}

/** Deletes the keys of runs that are over. */
export async function sweepStaleKeys(
  admin: Redis,
  ownRunId: string,
  log: (line: string) => void,
): Promise<void> {
  const listed = await admin.smembers(RUNS)
  for (const runId of listed) {
    if (runId === ownRunId || !RUN_ID.test(runId)) continue
    try {
      if ((await admin.exists(markOf(runId))) !== 0) continue
      const cleared = await endRun(admin, runId)
      log(`redis: deleted ${cleared} keys that killed run ${runId} had left`)
    } catch (error) {
      log(`redis: keys of killed run ${runId} could not be deleted: ${reasonOf(error)}`)
    }
  }
}

/** Without this, a run could begin that can neither write its keys nor take them away again. */
export async function proveRights(admin: Redis, runId: string): Promise<void> {
  const key = `${namespacePrefix(runId, 0)}proof`
  await admin.eval(
    `return redis.call('set', KEYS[1], redis.call('time')[1], 'PX', ARGV[1])`,
    1,
    key,
    MARK_TTL_MS,
  )
  await clearPrefix(admin, namespacePrefix(runId, 0))
}

async function endRun(admin: Redis, runId: string): Promise<number> {
  const cleared = await clearPrefix(admin, `holdfast:${runId}:`)
  await admin.multi().srem(RUNS, runId).unlink(markOf(runId)).exec()
  return cleared
}

function markOf(runId: string): string {
  return `holdfast:run:${runId}`
}
