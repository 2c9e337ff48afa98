/** Levels 2 and 3: sessions and seen reports are keys, which expire by themselves. */
import type { Redis } from 'ioredis'
import type { PaymentSession } from '../orders/order.ts'
import { SESSION_GRACE_MS, type SeenReports, type Sessions } from './stores.ts'

/** Open sessions by deadline: what is pending. */
const BY_DEADLINE = 'shop:sessions'
/** Longer than a provider retries. */
const REPORT_SECONDS = 86_400

const keyOf = (psid: string): string => `shop:session:${psid}`

export function redisSessions(client: Redis): Sessions {
  async function found(psids: readonly string[]): Promise<readonly PaymentSession[]> {
    if (psids.length === 0) return []
    const texts = await client.mget(...psids.map(keyOf))
    return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as PaymentSession]))
  }
  return {
    async save(session) {
      const { psid, deadlineMs } = session
      // In one transaction: a session that is nowhere listed would never be seen as pending.
      checked(
        await client
          .multi()
          .set(keyOf(psid), JSON.stringify(session), 'PXAT', Math.ceil(deadlineMs) + SESSION_GRACE_MS, 'NX')
          .zadd(BY_DEADLINE, 'NX', deadlineMs, psid)
          .exec(),
      )
    },
    async find(psid) {
      const [session] = await found([psid])
      return session
    },
    async end(psid) {
      checked(await client.multi().del(keyOf(psid)).zrem(BY_DEADLINE, psid).exec())
    },
    pending: async (limit) =>
      found(await client.zrangebyscore(BY_DEADLINE, Date.now(), '+inf', 'LIMIT', 0, limit)),
    async forgetOld(limit) {
      const old = await client.zrangebyscore(
        BY_DEADLINE,
        '-inf',
        Date.now() - SESSION_GRACE_MS,
        'LIMIT',
        0,
        limit,
      )
      return old.length === 0 ? 0 : await client.zrem(BY_DEADLINE, ...old)
    },
  }
}

export function redisSeen(client: Redis): SeenReports {
  const key = (reportId: string): string => `shop:report:${reportId}`
  return {
    has: async (reportId) => (await client.exists(key(reportId))) > 0,
    async add(reportId) {
      await client.set(key(reportId), '1', 'EX', REPORT_SECONDS)
    },
  }
}

/** Throws the first error of a transaction. */
function checked(replies: readonly (readonly [Error | null, unknown])[] | null): void {
  if (replies === null) throw new Error('the transaction was not run')
  for (const [error] of replies) if (error !== null) throw error
}
