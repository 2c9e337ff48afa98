/**
 * Levels 2 and 3: sessions and seen reports are keys, which expire by themselves. What belongs together is
 * one script, because a session that is nowhere listed would never be seen as pending. All that wait share
 * the next script: a command costs this process more than its content.
 */
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { PaymentSession } from '../orders/order.ts'
import { GroupCommit } from './group-commit.ts'
import { MINUTE_MS, SESSION_GRACE_MS, type SeenReports, type Sessions } from './stores.ts'

/** Open sessions by deadline: what is pending. */
const BY_DEADLINE = 'shop:sessions'
/** Longer than a provider retries. */
const REPORT_SECONDS = 86_400

const keyOf = (psid: string): string => `shop:session:${psid}`
const reportKeyOf = (reportId: string): string => `shop:report:${reportId}`

/** One script runs for well under a millisecond, in which nobody else is served. */
const GROUP_MAX = 100

/**
 * KEYS: the list, and each session. ARGV: deadline and psid of each, and then of each its text, and until
 * when it is kept.
 */
const SAVE = script(`
  local sessions = #KEYS - 1
  redis.call('zadd', KEYS[1], 'NX', unpack(ARGV, 1, 2 * sessions))
  for at = 1, sessions do
    local own = 2 * sessions + 2 * at
    redis.call('set', KEYS[at + 1], ARGV[own - 1], 'PXAT', ARGV[own], 'NX')
  end`)

/** KEYS: the list, each session, and each report. ARGV: how long a report is kept, and each psid. */
const END = script(`
  redis.call('zrem', KEYS[1], unpack(ARGV, 2))
  redis.call('del', unpack(KEYS, 2, #ARGV))
  for at = #ARGV + 1, #KEYS do redis.call('set', KEYS[at], '1', 'EX', ARGV[1]) end`)

/** What happens to a session. */
type Change =
  | { readonly kind: 'saved'; readonly session: PaymentSession }
  | { readonly kind: 'ended'; readonly psid: string; readonly reportId: string | undefined }

export function redisSessions(client: Redis): Sessions {
  async function found(psids: readonly string[]): Promise<readonly PaymentSession[]> {
    if (psids.length === 0) return []
    const texts = await client.mget(...psids.map(keyOf))
    return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as PaymentSession]))
  }
  /** Both scripts in one message, so that a durable store writes once for both. */
  const changes = new GroupCommit(async (some: readonly Change[]) => {
    const saved = some.filter((each) => each.kind === 'saved').map(({ session }) => session)
    const ended = some.filter((each) => each.kind === 'ended')
    await Promise.all([
      ...(saved.length > 0 ? [save(client, saved)] : []),
      ...(ended.length > 0 ? [end(client, ended)] : []),
    ])
    return some.map(() => undefined)
  }, GROUP_MAX)
  return {
    save: (session) => changes.submit({ kind: 'saved', session }),
    async find(psid) {
      const [session] = await found([psid])
      return session
    },
    end: (psid, reportId) => changes.submit({ kind: 'ended', psid, reportId }),
    async pending(limit, first = 'next') {
      const now = `(${Date.now()}`
      return await found(
        first === 'next'
          ? await client.zrangebyscore(BY_DEADLINE, now, '+inf', 'LIMIT', 0, limit)
          : await client.zrevrangebyscore(BY_DEADLINE, '+inf', now, 'LIMIT', 0, limit),
      )
    },
    async counts() {
      const now = Date.now()
      const [pending, timedOut, timedOutInMinute] = await Promise.all([
        client.zcount(BY_DEADLINE, `(${now}`, '+inf'),
        client.zcount(BY_DEADLINE, `(${now - SESSION_GRACE_MS}`, now),
        client.zcount(BY_DEADLINE, `(${now - MINUTE_MS}`, now),
      ])
      return { pending, timedOut, timedOutInMinute }
    },
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

async function save(client: Redis, sessions: readonly PaymentSession[]): Promise<void> {
  const keys = [BY_DEADLINE, ...sessions.map(({ psid }) => keyOf(psid))]
  const listed = sessions.flatMap(({ deadlineMs, psid }) => [deadlineMs, psid])
  const kept = sessions.flatMap((each) => [
    JSON.stringify(each),
    Math.ceil(each.deadlineMs) + SESSION_GRACE_MS,
  ])
  await SAVE(client, keys, [...listed, ...kept])
}

async function end(client: Redis, ended: readonly (Change & { readonly kind: 'ended' })[]): Promise<void> {
  const reports = ended.flatMap(({ reportId }) => (reportId === undefined ? [] : [reportKeyOf(reportId)]))
  const keys = [BY_DEADLINE, ...ended.map(({ psid }) => keyOf(psid)), ...reports]
  await END(client, keys, [REPORT_SECONDS, ...ended.map(({ psid }) => psid)])
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
