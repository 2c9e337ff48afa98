/**
 * Goal: an event has one place, every call finds it by an id alone, and what would need two places is refused.
 * Method: no server: addresses, slots, and a strategy that only says where it was asked.
 */
import { describe, expect, it } from 'vitest'
import { EngineError } from '../../harness/engines/engine-error.ts'
import { serverOf, shardsIn } from '../../harness/engines/postgres/shards/addresses.ts'
import { clusterIn } from '../../harness/engines/redis/cluster/address.ts'
import {
  eventOfKey,
  eventPrefix,
  movedTo,
  parseReplicas,
  parseSlots,
  SLOTS,
  slotOf,
} from '../../harness/engines/redis/cluster/slots.ts'
import { byEvent } from '../../strategies/registry.ts'
import {
  eventOf,
  type HoldId,
  InvalidRequestError,
  inEventOf,
  type PerEvent,
  type ReservationStrategy,
  type Resource,
  type ResourceId,
} from '../../strategies/strategy.ts'

const PREFIX = 'holdfast:0123456789ab:1:'

describe('the slot of a key', () => {
  it('is the one that the specification says', () => {
    expect(slotOf('123456789')).toBe(0x31c3)
    expect(slotOf('foo')).toBe(12_182)
    expect(slotOf('{user1000}.following')).toBe(slotOf('{user1000}.followers'))
    expect(slotOf('foo{}{bar}')).toBe(slotOf('foo{}{bar}'))
    expect(slotOf('foo{{bar}}zap')).toBe(slotOf('{bar'))
  })

  it.each(['', 'arena', 'a}b', '}', '{x}', 'zürich'])('is one for everything of event "%s"', (event) => {
    const prefix = eventPrefix(PREFIX, event)
    const keys = ['{venue}:due', `{venue}:hold:${event}:h1`, `lease:${event}:seat-1`].map(
      (key) => prefix + key,
    )
    expect(new Set(keys.map(slotOf)).size).toBe(1)
    expect(keys.map((key) => eventOfKey(PREFIX, key))).toEqual([event, event, event])
  })

  it('differs from event to event', () => {
    const slots = Array.from({ length: 30 }, (_, at) => slotOf(eventPrefix(PREFIX, `event-${at}`)))
    // Thirds of the slots, as three masters have them.
    expect(new Set(slots.map((slot) => Math.floor((3 * slot) / SLOTS))).size).toBe(3)
  })

  it('is read from what servers say', () => {
    const answer = [
      [0, 99, ['', 7_000, 'id'], ['10.0.0.2', 7_001, 'id']],
      [100, 16_383, ['10.0.0.3', 7_002, 'id']],
    ]
    expect(parseSlots(answer, { host: '10.0.0.1', port: 1 })).toEqual([
      { from: 0, to: 99, master: { host: '10.0.0.1', port: 7_000 } },
      { from: 100, to: 16_383, master: { host: '10.0.0.3', port: 7_002 } },
    ])
    const nodes = `a1 10.0.0.1:7000@17000,one myself,master - 0 0 1 connected 0-99
b2 10.0.0.2:7001@17001,two slave a1 0 1 1 connected
c3 ::1:7002@17002 myself,slave a1 0 1 1 connected\n`
    expect(parseReplicas(nodes)).toEqual([
      { host: '10.0.0.2', port: 7_001 },
      { host: '::1', port: 7_002 },
    ])
    expect(movedTo(new Error('MOVED 3999 127.0.0.1:6381'))).toEqual({ host: '127.0.0.1', port: 6_381 })
    expect(movedTo(new Error('ERR MOVED 1 a:1'))).toBeUndefined()
  })
})

describe('REDIS_URL and HOLDFAST_REDIS', () => {
  it('name a cluster with one account, or ask for one', () => {
    const REDIS_URL = 'rediss+cluster://user:p%40ss@one:7000,two:7001'
    const own = { username: 'user', password: 'p@ss', db: 0, tls: true }
    expect(clusterIn({ REDIS_URL })).toEqual({
      kind: 'at',
      seeds: [
        { host: 'one', port: 7_000, ...own },
        { host: 'two', port: 7_001, ...own },
      ],
    })
    expect(clusterIn({ HOLDFAST_REDIS: 'cluster' })).toEqual({ kind: 'own', masters: 3 })
    expect(clusterIn({ HOLDFAST_REDIS: 'cluster:1' })).toEqual({ kind: 'own', masters: 1 })
    expect(clusterIn({})).toBeUndefined()
    expect(clusterIn({ REDIS_URL: 'redis://one' })).toBeUndefined()
  })

  it.each([
    [{ HOLDFAST_REDIS: 'clusters' }, /can be cluster, or cluster:N/],
    [{ HOLDFAST_REDIS: 'cluster:0' }, /1 to 5 masters/],
    [{ HOLDFAST_REDIS: 'cluster:6' }, /1 to 5 masters/],
    [{ HOLDFAST_REDIS: 'cluster', REDIS_URL: 'redis://one' }, /REDIS_URL or REDIS_URLS names servers/],
    [{ HOLDFAST_REDIS: 'cluster', REDIS_URL: 'redis+cluster://one' }, /HOLDFAST_REDIS asks for one/],
    [{ REDIS_URL: 'redis+cluster://' }, /names no server/],
    [{ REDIS_URL: 'redis+cluster://one:7000/3' }, /names a database/],
    [{ REDIS_URL: 'redis+cluster://one:70000' }, /not a complete, well-formed URL/],
    [{ REDIS_URL: 'redis+cluster://:hun#ter2@one' }, /sign \(\/ \? # @ %\)/],
  ])('are refused where they say neither: %j', (env, sentence) => {
    const refusal = refusedBy(() => clusterIn(env))
    expect(refusal.message).toMatch(sentence)
    expect(refusal.problem).toBe('misconfigured')
    expect(`${refusal.message} ${refusal.remedy}`).not.toContain('ter2')
  })
})

describe('POSTGRES_URLS', () => {
  const [one, two] = ['postgres://u:p@one/db', 'postgresql://u:p@two:5433,three/db']

  it('names several servers, each by an address of its own', () => {
    expect(shardsIn({ POSTGRES_URLS: `${one},${two}` })).toEqual([one, two])
    expect(shardsIn({ POSTGRES_URLS: ` ${one}\n${two} ,` })).toEqual([one, two])
    expect(shardsIn({ POSTGRES_URL: one })).toBeUndefined()
  })

  it.each([
    [{ POSTGRES_URLS: one }, /names one server/],
    [{ POSTGRES_URLS: `${one},${two},${one}` }, /Addresses 1 and 3 of POSTGRES_URLS are the same server/],
    [
      { POSTGRES_URLS: `${one},${two}`, POSTGRES_URL: one },
      /POSTGRES_URL names one server and POSTGRES_URLS/,
    ],
  ])('is refused where events cannot be divided: %j', (env, sentence) => {
    expect(refusedBy(() => shardsIn(env)).message).toMatch(sentence)
  })

  it('divides events about evenly, and always in the same way', () => {
    const perServer = [0, 0, 0]
    for (let event = 0; event < 3_000; event++) {
      const server = serverOf(`event-${event}`, 3)
      perServer[server] = (perServer[server] ?? 0) + 1
    }
    for (const count of perServer) expect(count).toBeGreaterThan(850)
    expect([serverOf('', 3), serverOf('arena', 3)]).toEqual([serverOf('', 3), serverOf('arena', 3)])
  })
})

describe('a strategy on several places', () => {
  const id = (text: string) => text as ResourceId & HoldId
  const line = (resource: string) => ({ resourceId: id(resource), quantity: 1 })

  async function opened(places?: readonly string[]) {
    const asked: string[] = []
    const perEvent: PerEvent = {
      placeOf: (event) => `place of ${event}`,
      connectionsOf: (place) => place,
      ...(places && { places }),
    }
    const strategy = await byEvent({ anything: perEvent, shared: 'other' }, ({ anything, shared }) =>
      sayingWhere(`${String(anything)} and ${shared}`, asked),
    )
    return { strategy, asked }
  }

  it('is asked at the place of the event, whichever call names it', async () => {
    const { strategy, asked } = await opened()
    await strategy.createResources([resourceOf('e1:a'), resourceOf('e2:a'), resourceOf('e1:b')])
    await strategy.hold({ holdId: id('e1:h'), lines: [line('e1:a'), line('e1:b')], ttlMs: 1_000 })
    await strategy.confirm(id('e2:h'))
    await strategy.release(id('h'))
    expect(asked).toEqual([
      'place of e1 and other: create e1:a e1:b',
      'place of e2 and other: create e2:a',
      'place of e1 and other: hold e1:h',
      'place of e2 and other: confirm e2:h',
      'place of  and other: release h',
    ])
  })

  it('answers a read in the order in which it was asked', async () => {
    const { strategy } = await opened()
    const ids = ['e2:a', 'e1:a', 'e2:b', 'a'].map(id)
    expect((await strategy.availability(ids)).map(({ resourceId }) => resourceId)).toEqual(ids)
  })

  it('prepares every place that exists, and sweeps each once, within the limit', async () => {
    const { strategy, asked } = await opened(['place of e1', 'place of e2'])
    await strategy.createResources([resourceOf('e1:a')])
    expect(asked).toEqual(['place of e2 and other: create ', 'place of e1 and other: create e1:a'])
    expect(await strategy.expireDue(2)).toBe(2)
    expect(await strategy.expireDue(1)).toBe(1)
  })

  it.each([
    ['e1:h', ['e1:a', 'e2:a'], /over two events, with "e1:a" and "e2:a"/],
    ['e1:h', ['e1:a', 'a'], /over two events/],
    ['h', ['e1:a'], /a hold's id begins as its resources do \("e1:…"\)/],
    ['e1:h', ['a'], /is not of the event of "a"/],
  ])('refuses hold %s of %j, and asks nobody', async (holdId, resources, sentence) => {
    const { strategy, asked } = await opened()
    const request = { holdId: id(holdId), lines: resources.map(line), ttlMs: 1_000 }
    const refusal = await strategy.hold(request).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(InvalidRequestError)
    expect((refusal as Error).message).toMatch(sentence)
    expect(asked).toEqual([])
  })

  it('has ids that name its event', () => {
    expect([eventOf(id('e1:a:b')), eventOf(id('a')), eventOf(id(':a'))]).toEqual(['e1', '', ''])
    expect([inEventOf(id('e1:a'), 'h'), inEventOf(id('a'), 'h')]).toEqual(['e1:h', 'h'])
  })
})

function resourceOf(id: string): Resource {
  return { id: id as ResourceId, capacity: 1 }
}

function sayingWhere(place: string, asked: string[]): ReservationStrategy {
  const say = (what: string) => asked.push(`${place}: ${what}`)
  return {
    async createResources(resources) {
      say(`create ${resources.map(({ id }) => id).join(' ')}`)
    },
    async hold({ holdId }) {
      say(`hold ${holdId}`)
      return { kind: 'held', deadlineMs: 0, attempts: 1 }
    },
    async confirm(holdId) {
      say(`confirm ${holdId}`)
      return { kind: 'confirmed' }
    },
    async release(holdId) {
      say(`release ${holdId}`)
      return { kind: 'released' }
    },
    availability: async (ids) => ids.map((resourceId) => ({ resourceId, available: 1 })),
    expireDue: async () => 1,
    async close() {},
  }
}

function refusedBy(step: () => unknown): EngineError {
  try {
    step()
  } catch (error) {
    if (error instanceof EngineError) return error
    throw error
  }
  throw new Error('it was not refused')
}
