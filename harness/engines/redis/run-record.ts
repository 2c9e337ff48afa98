/**
 * On a server that we did not start, every run keeps a record of its identity, from before its first key
 * until its last is deleted, and renews a heartbeat in it. Another run deletes keys only after taking over
 * their record, and takes it over only if the owner is certainly gone.
 *
 *     holdfast:owners                a hash: run id -> the owner and its last heartbeat
 *     holdfast:<run id>:<n>:...      the keys of its n-th namespace
 */
import type { Redis } from 'ioredis'
import { reasonOf } from '../engine-error.ts'
import {
  isCertainlyGone,
  isOwner,
  keepBeating,
  type Owner,
  OwnershipLostError,
  SILENT_MS_MAX,
  thisOwner,
} from '../ownership.ts'
import { clearPrefix } from './namespace.ts'
import { OURS } from './strays.ts'

const OWNERS = 'holdfast:owners'
const RUN_ID = /^[0-9a-f]{12}$/
/** A key that is written to show that writing works: it expires if its deletion fails. */
const PROOF_TTL_MS = 60_000

/** Returns 1 if the record is (or becomes) this owner's, 0 if it is gone or another's. */
export const BEAT = `
  local kept = redis.call('hget', KEYS[1], ARGV[1])
  if ARGV[3] == 'renew' and (not kept or cjson.decode(kept).owner ~= ARGV[2]) then return 0 end
  redis.call('hset', KEYS[1], ARGV[1], cjson.encode({ owner = ARGV[2], beat = redis.call('time')[1] }))
  return 1`
/** Takes over a record that is exactly as it was read; an empty text: that was not there. */
export const TAKE_OVER = `
  if (redis.call('hget', KEYS[1], ARGV[1]) or '') ~= ARGV[3] then return 0 end
  redis.call('hset', KEYS[1], ARGV[1], cjson.encode({ owner = ARGV[2], beat = redis.call('time')[1] }))
  return 1`
export const END = `
  local kept = redis.call('hget', KEYS[1], ARGV[1])
  if not kept or cjson.decode(kept).owner ~= ARGV[2] then return 0 end
  return redis.call('hdel', KEYS[1], ARGV[1])`

export function namespacePrefix(runId: string, count: number): string {
  return `${OURS}${runId}:${count}:`
}

/** The servers whose keys one record stands for: now, since a replica may take the place of a master. */
type Keepers = (admin: Redis) => readonly Redis[]

export interface RedisRunRecord extends AsyncDisposable {
  readonly runId: string
  /** Aborted, with the reason, once the record is gone or another's. */
  readonly lost: AbortSignal
}

/**
 * Writes the record on every node and renews it until it is disposed of, which deletes every key of the run.
 * `keepers`: the servers that have keys besides, of a cluster, which keeps one record for all of them.
 */
export async function keepRunRecord(
  admins: readonly Redis[],
  runId: string,
  log: (line: string) => void,
  everyMs?: number,
  keepers: Keepers = (admin) => [admin],
): Promise<RedisRunRecord> {
  const owner = JSON.stringify(thisOwner())
  await Promise.all(admins.map((admin) => admin.eval(BEAT, 1, OWNERS, runId, owner, 'begin')))
  const lost = new AbortController()
  const beatings = admins.map((admin) => {
    const beating = keepBeating({
      ...(everyMs !== undefined && { everyMs }),
      beat: beatOn(admin, runId, owner),
      onLost: () =>
        lost.abort(
          new OwnershipLostError(
            `the record of this run ("${runId}" in ${OWNERS}) is gone from a Redis server, and with it what it had written there`,
          ),
        ),
    })
    // After a reconnection, before any other command.
    const onReady = (): void => void beating.now()
    admin.on('ready', onReady)
    return {
      async stop() {
        admin.off('ready', onReady)
        await beating.stop()
      },
    }
  })
  return {
    runId,
    lost: lost.signal,
    async [Symbol.asyncDispose]() {
      await Promise.all(beatings.map((each) => each.stop()))
      const ended = await Promise.allSettled(
        admins.map((admin) => endRun(admin, runId, owner, keepers(admin))),
      )
      for (const each of ended) {
        if (each.status === 'fulfilled') continue
        // It stays in the list, so that a later run does it.
        log(
          `redis: keys of run ${runId} could not be deleted and are left to a later run: ${reasonOf(each.reason)}`,
        )
      }
    },
  }
}

/**
 * A full server refuses the heartbeat like any other write: after a while, the run can no longer show that it
 * is alive.
 */
function beatOn(admin: Redis, runId: string, owner: string): () => Promise<boolean> {
  let renewedMs = performance.now()
  return async () => {
    try {
      const isOurs = (await admin.eval(BEAT, 1, OWNERS, runId, owner, 'renew')) === 1
      if (isOurs) renewedMs = performance.now()
      return isOurs
    } catch (error) {
      if (/^OOM/.test(reasonOf(error)) && performance.now() - renewedMs > SILENT_MS_MAX / 2) return false
      throw error
    }
  }
}

/** Deletes the keys of runs whose owners are certainly gone. */
export async function sweepStaleKeys(
  admin: Redis,
  ownRunId: string,
  log: (line: string) => void,
  keepers: Keepers = () => [admin],
): Promise<void> {
  const [seconds] = await admin.time()
  const listed = await admin.hgetall(OWNERS)
  const self = JSON.stringify(thisOwner())
  for (const [runId, text] of Object.entries(listed)) {
    if (runId === ownRunId || !RUN_ID.test(runId)) continue
    const record = readRecord(text)
    if (record === undefined) continue
    if (!isCertainlyGone(record.owner, (Number(seconds) - record.beat) * 1_000)) continue
    try {
      if ((await admin.eval(TAKE_OVER, 1, OWNERS, runId, self, text)) !== 1) continue
      const cleared = await endRun(admin, runId, self, keepers(admin))
      log(`redis: deleted ${cleared} keys that killed run ${runId} had left`)
    } catch (error) {
      log(`redis: keys of killed run ${runId} could not be deleted: ${reasonOf(error)}`)
    }
  }
}

/** Without this, a run could start that can neither write its keys nor delete them. */
export async function proveRights(
  admin: Redis,
  runId: string,
  keepers: readonly Redis[] = [admin],
): Promise<void> {
  const key = `${namespacePrefix(runId, 0)}proof`
  await admin.eval(
    `return redis.call('set', KEYS[1], redis.call('time')[1], 'PX', ARGV[1])`,
    1,
    key,
    PROOF_TTL_MS,
  )
  await Promise.all(keepers.map((each) => clearPrefix(each, namespacePrefix(runId, 0))))
}

/** Returns how many keys were deleted. Records that another run has taken over are left to it. */
async function endRun(
  admin: Redis,
  runId: string,
  owner: string,
  keepers: readonly Redis[],
): Promise<number> {
  const kept = readRecord((await admin.hget(OWNERS, runId)) ?? '')
  if (kept !== undefined && JSON.stringify(kept.owner) !== owner) return 0
  const perServer = await Promise.all(keepers.map((each) => clearPrefix(each, `holdfast:${runId}:`)))
  const cleared = perServer.reduce((sum, keys) => sum + keys, 0)
  await admin.eval(END, 1, OWNERS, runId, owner)
  return cleared
}

export function readRecord(text: string): { readonly owner: Owner; readonly beat: number } | undefined {
  try {
    const { owner: ownerText, beat } = JSON.parse(text) as { owner: string; beat: string }
    const owner: unknown = JSON.parse(ownerText)
    return isOwner(owner) && Number.isFinite(Number(beat)) ? { owner, beat: Number(beat) } : undefined
  } catch {
    return undefined
  }
}
