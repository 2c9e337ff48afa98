/**
 * Goal: sessions that share a script with others are kept and dropped as if each had one of its own. Method: a real Redis, and more
 * sessions at the same moment than one script takes; some end with a report, some without, some stay.
 */
import { expect, test } from 'vitest'
import type { PaymentSession } from '../../shop/orders/order.ts'
import { redisSeen, redisSessions } from '../../shop/stores/redis-sessions.ts'
import { withEngines } from '../with-engines.ts'

const { engines, lacks } = await withEngines(['redis'])

const COUNT = 250
const MINUTE_MS = 60_000

const sessions = Array.from(
  { length: COUNT },
  (_, at): PaymentSession => ({
    psid: `mock_${at}`,
    orderId: `order ${at}`,
    amount: at + 1,
    eventId: 'gig',
    lines: [{ name: 'A', quantity: 1 }],
    email: 'a@example.org',
    deadlineMs: Date.now() + MINUTE_MS + at + 0.5,
  }),
)
const reportOf = (psid: string): string => `evt_${psid}`

test.skipIf(lacks(['redis']))('sessions that share a script stay apart', async () => {
  const redis = engines.redis ?? expect.fail('no Redis')
  await using namespace = await redis.openNamespace({ label: 'sessions' })
  const [client] = namespace.connections
  const [store, seen] = [redisSessions(client), redisSeen(client)]
  await Promise.all(sessions.map((each) => store.save(each)))
  expect(await store.pending(COUNT + 1), 'the next to expire first').toEqual(sessions)
  const other = { ...sessions[0], email: 'b@example.org' } as PaymentSession
  await Promise.all([store.save(other), store.save(other)])
  expect(await store.find(other.psid), 'one that exists is not changed').toEqual(sessions[0])

  const ended = sessions.filter((_, at) => at % 3 !== 0)
  const withReport = ended.filter((_, at) => at % 2 === 0)
  await Promise.all(
    ended.map((each) => store.end(each.psid, withReport.includes(each) ? reportOf(each.psid) : undefined)),
  )
  expect(await store.pending(COUNT)).toEqual(sessions.filter((each) => !ended.includes(each)))
  const reported = await Promise.all(sessions.map(({ psid }) => seen.has(reportOf(psid))))
  expect(reported).toEqual(sessions.map((each) => withReport.includes(each)))
})
