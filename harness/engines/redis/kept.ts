/**
 * Keys that outlive the run that made them, under a name that an operator has given:
 *
 *     holdfast-kept:<name>:...    the keys
 *     holdfast:kept               a hash: name -> the run that has them now, and its last heartbeat
 *
 * As with the records of runs (run-record.ts), the next run takes them only if that one is certainly gone.
 */
import type { Redis } from 'ioredis'
import type { KeptNamespace, Unfit } from '../engine.ts'
import { isCertainlyGone, keepBeating, OWNED_REMEDY, OwnershipLostError, thisOwner } from '../ownership.ts'
import type { RedisAttachment } from './attach.ts'
import { connectionString, type PerNode, type RedisTarget } from './connection.ts'
import { BEAT, END, readRecord, TAKE_OVER } from './run-record.ts'
import { KEPT } from './strays.ts'

const OWNERS = 'holdfast:kept'

/** On the first of the servers. */
export async function keepNamespace(
  name: string,
  { admin, targets }: { readonly admin: Redis; readonly targets: PerNode<RedisTarget> },
): Promise<KeptNamespace | Unfit> {
  const before = await admin.hget(OWNERS, name)
  const [seconds] = await admin.time()
  const record = before === null ? undefined : readRecord(before)
  const isFree =
    before === null ||
    (record !== undefined && isCertainlyGone(record.owner, (Number(seconds) - record.beat) * 1_000))
  const owner = JSON.stringify(thisOwner())
  if (!isFree || (await admin.eval(TAKE_OVER, 1, OWNERS, name, owner, before ?? '')) !== 1) {
    return {
      why: `another process has ${name} on this server and may be alive`,
      remedy: OWNED_REMEDY,
    }
  }
  const lost = new AbortController()
  const beating = keepBeating({
    beat: async () => (await admin.eval(BEAT, 1, OWNERS, name, owner, 'renew')) === 1,
    onLost: () =>
      lost.abort(new OwnershipLostError(`${name} in ${OWNERS} is no longer of this run, but of another one`)),
  })
  const prefix = `${KEPT}${name}:`
  return {
    lost: lost.signal,
    attachment: (): RedisAttachment => ({
      urls: targets.map(connectionString),
      prefix,
      proxies: [undefined, ...targets.slice(1).map(() => undefined)],
    }),
    async [Symbol.asyncDispose]() {
      await beating.stop()
      // If it fails, the next run finds an owner that is gone.
      await admin.eval(END, 1, OWNERS, name, owner).catch(() => undefined)
    },
  }
}
