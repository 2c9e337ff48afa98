/**
 * Levels 2 and 3: sessions and seen reports are keys, which expire by themselves. What belongs together is
 * one script: it is one command, and a session that is nowhere listed would never be seen as pending.
 */
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { PaymentSession } from '../orders/order.ts'
import { SESSION_GRACE_MS, type SeenReports, type Sessions } from './stores.ts'

/** Open sessions by deadline: what is pending. */
const BY_DEADLINE = 'shop:sessions'
/** Longer than a provider retries. */
const REPORT_SECONDS = 86_400

const keyOf = (psid: string): string => `shop:session:${psid}`
const reportKeyOf = (reportId: string): string => `shop:report:${reportId}`

const SAVE = script(`
  redis.call('zadd', KEYS[2], 'NX', ARGV[3], ARGV[4])
  return redis.call('set', KEYS[1], ARGV[1], 'PXAT', ARGV[2], 'NX')`)

const END = script(`
  if KEYS[3] then redis.call('set', KEYS[3], '1', 'EX', ARGV[2]) end
  redis.call('zrem', KEYS[2], ARGV[1])
  return redis.call('del', KEYS[1])`)

export function redisSessions(client: Redis): Sessions {
  async function found(psids: readonly string[]): Promise<readonly PaymentSession[]> {
    if (psids.length === 0) return []
    const texts = await client.mget(...psids.map(keyOf))
    return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as PaymentSession]))
  }
  return {
    async save(session) {
      const { psid, deadlineMs } = session
      const keptUntilMs = Math.ceil(deadlineMs) + SESSION_GRACE_MS
      await SAVE(client, [keyOf(psid), BY_DEADLINE], [JSON.stringify(session), keptUntilMs, deadlineMs, psid])
    },
    async find(psid) {
      const [session] = await found([psid])
      return session
    },
    async end(psid, reportId) {
      const keys = [keyOf(psid), BY_DEADLINE, ...(reportId === undefined ? [] : [reportKeyOf(reportId)])]
      await END(client, keys, [psid, REPORT_SECONDS])
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
  return {
    has: async (reportId) => (await client.exists(reportKeyOf(reportId))) > 0,
    async add(reportId) {
      await client.set(reportKeyOf(reportId), '1', 'EX', REPORT_SECONDS)
    },
  }
}

type RunScript = (
  client: Redis,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>

/** Its text is sent only to a server that does not know it yet: then the first call has done nothing. */
function script(lua: string): RunScript {
  const sha = createHash('sha1').update(lua).digest('hex')
  return async (client, keys, args) => {
    try {
      return await client.evalsha(sha, keys.length, ...keys, ...args)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return await client.eval(lua, keys.length, ...keys, ...args)
    }
  }
}
