/** What faults share in which a follower takes the place of a server that is killed. */

import { NO_DELAY } from '../network/conditions.ts'
import { openNetwork } from '../network/network.ts'
import type { FaultStage, FaultSubject } from './fault.ts'
import { inNetwork } from './striking.ts'

/** Killed when so many holds have been granted that the follower has not heard of. */
const JUST_GRANTED = 12
const MOMENT_MS_MAX = 2_000
/** Where nobody is told what the follower does not have, nothing more is granted. */
const UNCONFIRMED_MS = 400
/** Until the death is noticed, and the follower is promoted. */
const DEAD_MS = 300
/** The time of the promoted one. */
const PROMOTED_MS = 2_500
/** To sell with a follower, before anything happens. */
const BEFORE_MS = 500

export function cannotFollow({ record }: FaultSubject): string | undefined {
  return record.follows ? undefined : 'its engine has no followers here'
}

/**
 * A follower is started, what goes to it is held up, and after a dozen more holds the server is killed and
 * the follower promoted: clients reach it at the address that they know. In the end the first server is back,
 * with the data of the promoted one.
 */
export async function failedOver(
  { record, granted, until, wait }: FaultStage,
  { confirmedBy }: { readonly confirmedBy: number },
): Promise<string | undefined> {
  const [[server], [proxy]] = [record.servers, record.proxies]
  if (server?.followedBy === undefined || proxy === undefined) return undefined
  await using undo = new AsyncDisposableStack()
  const network = undo.use(await openNetwork(NO_DELAY))
  const behind = await network.proxy(proxy.to)
  const follower = undo.use(await server.followedBy(behind.address))
  // Its clients decide what an answer stands for, or the server does.
  record.confirmedBy(confirmedBy)
  undo.defer(() => record.confirmedBy(0))
  if (confirmedBy > 0) {
    await follower.confirms?.(true)
    undo.defer(async () => await follower.confirms?.(false))
  }
  await wait(BEFORE_MS)
  const heldUp = await inNetwork([behind], { kind: 'stall', toward: 'client' }, async () => {
    const before = granted()
    await until(() => granted() >= before + JUST_GRANTED, confirmedBy > 0 ? UNCONFIRMED_MS : MOMENT_MS_MAX)
    await server.kill()
    await inNetwork([behind], { kind: 'cut' }, () => wait(DEAD_MS))
  })
  record.confirmedBy(0)
  await follower.promote()
  await proxy.retarget(follower.address)
  const before = granted()
  await wait(PROMOTED_MS)
  const served = granted() - before
  await inNetwork([proxy], { kind: 'refuse' }, async () => {
    await inNetwork([proxy], { kind: 'cut' }, () => follower.handBack())
    await proxy.retarget(proxy.to)
  })
  return heldUp.bytes > 0 && served > 0
    ? `1 server killed with ${heldUp.bytes} bytes under way to its follower, which took its place and granted ${served} holds`
    : undefined
}
