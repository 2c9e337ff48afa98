/**
 * Goal: the same strategies, unchanged, on a cluster: an event on one master, events on several; and what a
 * failover costs there is seen. Method: a cluster of this run's own plays the foreign one, too.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../../harness/engines/engine.ts'
import { EngineError } from '../../harness/engines/engine-error.ts'
import { openEngines } from '../../harness/engines/open.ts'
import type { ClusterEngine } from '../../harness/engines/redis/cluster/engine.ts'
import { eventPrefix, slotOf } from '../../harness/engines/redis/cluster/slots.ts'
import { redis } from '../../harness/engines/redis/index.ts'
import { openRedis } from '../../harness/engines/redis/open.ts'
import { parseInfo } from '../../harness/engines/redis/settings.ts'
import { whyUnfit } from '../../harness/ground/fit.ts'
import { prepareGround } from '../../harness/ground/ground.ts'
import { runTrial, type TrialSettings } from '../../harness/trial/trial.ts'
import { churn } from '../../harness/workloads/churn.ts'
import { hotEvents } from '../../harness/workloads/hot-events.ts'
import { sellOut } from '../../harness/workloads/sell-out.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'
import { FULL } from '../size.ts'
import { until } from './harness.ts'
import { redisCache, serverProgram } from './redis-harness.ts'

const cache = redisCache()
const SETTINGS: Omit<TrialSettings, 'workload'> = {
  concurrency: 24,
  durationMs: 800,
  warmupMs: 100,
  repeat: 1,
  seed: 7,
  poolSize: 8,
  criticalSectionMs: 0,
}
const LUA = strategyNamed('redis-lua')

afterAll(() => cache.remove())

describe.skipIf(serverProgram === undefined)('a cluster', FULL, () => {
  let cluster: ClusterEngine
  let postgres: Engine
  let close: () => Promise<void>

  beforeAll(async () => {
    const env = { ...cache.env, HOLDFAST_REDIS: 'cluster' }
    const opened = await openEngines(['postgres', 'redis'], { durability: 'durable', env })
    close = async () => await opened[Symbol.asyncDispose]()
    cluster = opened.engines.redis as ClusterEngine
    postgres = opened.engines.postgres ?? expect.fail('there is no PostgreSQL')
  }, 120_000)
  afterAll(() => close())

  it('is told as what it is', () => {
    expect(cluster.settings.cluster).toBe('3 masters, 3 replicas')
    expect(cluster.durability.label).toBe('always')
    expect(cluster.describe()).toMatch(
      /cluster of 3 masters, 3 replicas, masters at redis:.*durability always/,
    )
    expect(cluster.describe()).not.toContain(passwordOf(cluster))
  })

  it.each(['redis-lua', 'redis-seat-key', 'redis-hash-fields', 'redis-setnx', 'redis-setnx-fenced'])(
    'sells the seats of six events with %s, and the store agrees',
    async (name) => {
      const engines = { redis: cluster, postgres }
      for (const workload of [hotEvents(6), sellOut, churn]) {
        const { trial } = await runTrial(strategyNamed(name), engines, { ...SETTINGS, workload })
        expect(trial.verdictReasons, `${name} on ${workload.name}`).toEqual([])
        expect(trial.verdict).toBe('valid')
        expect(trial.goodputPerSecond).toBeGreaterThan(0)
      }
    },
    120_000,
  )

  it('keeps the events of one trial on all masters, and each on one', async () => {
    const ground = await prepareGround(LUA, { redis: cluster }, 1)
    try {
      const strategy = await LUA.open(ground.connections, plain)
      const ids = Array.from({ length: 12 }, (_, event) => `event-${event}:seat` as ResourceId)
      await strategy.createResources(ids.map((id) => ({ id, capacity: 1 })))
      const prefix = (ground.namespaces.get('redis') as unknown as { prefix: string }).prefix
      const perMaster = await Promise.all(masters(cluster).map((url) => keysAt(url, prefix)))
      for (const keys of perMaster) expect(keys.length).toBeGreaterThan(0)
      expect(perMaster.flat()).toHaveLength(ids.length)
      await strategy.close()
    } finally {
      await ground.dispose()
    }
    const left = await Promise.all(masters(cluster).map((url) => keysAt(url, 'holdfast:')))
    expect(left.flat()).toEqual([])
  })

  it('is divided among processes, which find their holds by the ids alone', async () => {
    const settings = { ...SETTINGS, processes: 2, workload: sellOut }
    const { trial } = await runTrial(LUA, { redis: cluster }, settings)
    expect([trial.verdict, trial.verdictReasons]).toEqual(['valid', []])
  }, 60_000)

  it('is reached through a proxy for each of its servers', async () => {
    const settings = { ...SETTINGS, networkLatencyMs: 4, workload: hotEvents(6) }
    const { trial } = await runTrial(LUA, { redis: cluster }, settings)
    expect([trial.verdict, trial.verdictReasons]).toEqual(['valid', []])
    expect(trial.network?.measured.count).toBeGreaterThan(0)
  }, 60_000)

  it('refuses what needs independent servers, with a sentence', () => {
    expect(whyUnfit(strategyNamed('redlock'), { redis: cluster, postgres })?.why).toMatch(
      /^it needs 3 independent Redis servers, and those of a cluster are one server for each key$/,
    )
    expect(whyUnfit(LUA, { redis: cluster })).toBeUndefined()
  })

  it('is used by its address, of which one server is enough, and left as it was', async () => {
    const url = masters(cluster)[1] ?? ''
    const owner = new Redis(url, { lazyConnect: true })
    await owner.connect()
    const theirs = await ownKey(owner)
    const before = await Promise.all(masters(cluster).map((each) => keysAt(each, '')))
    const REDIS_URL = url.replace('redis:', 'redis+cluster:')
    await using byUrl = await redis.open(openHow({ REDIS_URL }))
    expect(byUrl.source).toBe('REDIS_URL')
    expect(byUrl.settings.cluster).toBe('3 masters, 3 replicas')
    const { trial } = await runTrial(LUA, { redis: byUrl }, { ...SETTINGS, workload: hotEvents(6) })
    expect([trial.verdict, trial.verdictReasons]).toEqual(['valid', []])
    await byUrl[Symbol.asyncDispose]()
    const after = await Promise.all(masters(cluster).map((each) => keysAt(each, '')))
    expect(after.flat().sort()).toEqual(before.flat().sort())
    expect(after.flat()).toContain(theirs)
    await owner.del(theirs)
    owner.disconnect()
  }, 60_000)

  it('is refused as a single server, and a single server as a cluster', async () => {
    const url = masters(cluster)[0] ?? ''
    await expectRefusal({ REDIS_URL: url }, /is a node of a cluster; independent masters/, /redis\+cluster:/)
    await using single = await openRedis({ nodes: 1, durability: 'none', env: cache.env })
    const alone = single.nodes[0].connectionString()
    await expectRefusal(
      { REDIS_URL: alone.replace('redis:', 'redis+cluster:') },
      /is not a node of a cluster, and REDIS_URL asks for one/,
      /^write redis:\/\//,
    )
    await expectRefusal({ REDIS_URLS: `${alone},${url}` }, /is a node of a cluster/, /./)
    await expectRefusal({ REDIS_URL: 'redis+cluster://127.0.0.1:1' }, /No server listens at/, /./)
    await expectRefusal(
      { REDIS_URL: url.replace('redis:', 'redis+cluster:').replace(/:[0-9a-f]{48}@/, ':wrong@') },
      /refuses this user and password/,
      /./,
    )
  }, 60_000)
})

/** How a master dies: with its replica connected, or after the link to it was cut. */
interface Death {
  readonly isCutOff: boolean
  /** By how many replicas an answer waits to be confirmed. */
  readonly confirmedBy: number
}

/**
 * A trial in which the master of the event is killed while holds are asked for, and its replica takes over by
 * itself. The link is cut as a network would: the replica has a wrong password for its master, and its
 * connection is closed.
 */
async function failover(name: string, { isCutOff, confirmedBy }: Death, engines: { postgres?: Engine } = {}) {
  await using cluster = (await redis.open(openHow({ HOLDFAST_REDIS: 'cluster' }))) as ClusterEngine
  let held = 0
  const entry = counting(strategyNamed(name), () => {
    held += 1
  })
  let servedAfter = 0
  const { trial } = await runTrial(
    entry,
    { ...engines, redis: cluster },
    {
      ...SETTINGS,
      workload: sellOut,
      concurrency: 8,
      durationMs: 14_000,
      warmupMs: 0,
      callTimeoutMs: 2_000,
      async meanwhile(ground) {
        const namespace = ground.namespaces.get('redis') ?? expect.fail('there is no namespace')
        namespace.confirmedBy?.(confirmedBy)
        await until('holds were granted', () => held > 50)
        const { prefix } = namespace as unknown as { readonly prefix: string }
        const { master, replica } = pairOf(cluster, slotOf(eventPrefix(prefix, '')))
        if (isCutOff) {
          await cutOff({ master, replica })
          const atCut = held
          await Promise.race([until('more was granted', () => held > atCut + 30), delay(1_500)]).catch(
            () => undefined,
          )
        }
        await master.crash()
        await until('the replica is the master', async () => (await roleOf(replica)) === 'master')
        namespace.confirmedBy?.(0)
        const atPromotion = held
        await until('the promoted one sells', () => held > atPromotion + 20)
        servedAfter = held - atPromotion
      },
    },
  )
  expect(servedAfter).toBeGreaterThan(20)
  return { trial, told: [trial.verdict, ...trial.verdictReasons, trial.conviction ?? ''].join('\n') }
}

describe.skipIf(serverProgram === undefined)('a failover of a cluster', FULL, () => {
  const CUT_OFF = { isCutOff: true, confirmedBy: 0 }
  let postgres: Engine
  let close: () => Promise<void>

  beforeAll(async () => {
    const opened = await openEngines(['postgres'], { durability: 'durable', env: cache.env })
    close = async () => await opened[Symbol.asyncDispose]()
    postgres = opened.engines.postgres ?? expect.fail('there is no PostgreSQL')
  }, 120_000)
  afterAll(() => close())

  it('loses what only the master had', async () => {
    const { trial, told } = await failover('redis-lua', CUT_OFF)
    expect(trial.verdict, told).toBe('invalid')
  }, 120_000)

  it('loses nothing that was confirmed by the replica', async () => {
    const { trial, told } = await failover('redis-lua', { isCutOff: true, confirmedBy: 1 })
    expect(trial.oversoldUnits, told).toBe(0)
  }, 120_000)

  // PostgreSQL decides who has bought: a hold may be lost, and a sale is not.
  it.each(['redis-seat-key', 'redis-setnx-fenced'])(
    'sells nothing twice with %s, whose sales are in PostgreSQL',
    async (name) => {
      const { trial, told } = await failover(name, CUT_OFF, { postgres })
      expect(trial.oversoldUnits, told).toBe(0)
    },
    120_000,
  )

  it('whose replica was connected is over by itself, and what it cost is known', async () => {
    const { trial, told } = await failover('redis-lua', { isCutOff: false, confirmedBy: 0 })
    // What was under way to the replica may be lost, or nothing: the checker can say which.
    expect(['valid', 'invalid'], told).toContain(trial.verdict)
    expect(trial.counts.unknown, told).toBeGreaterThan(0)
  }, 120_000)
})

const plain = { criticalSection: async () => undefined, random: Math.random }

function strategyNamed(name: string): StrategyEntry {
  return registry.find((each) => each.name === name) ?? expect.fail(`there is no ${name}`)
}

function openHow(env: NodeJS.ProcessEnv) {
  return { durability: 'durable', env: { ...cache.env, ...env }, sweeps: true, log: () => undefined } as const
}

function masters({ cluster }: ClusterEngine): readonly string[] {
  return cluster.slice(0, cluster.length / 2).map(({ target }) => {
    return `redis://:${target.password}@${target.host}:${target.port}`
  })
}

function passwordOf({ cluster }: ClusterEngine): string {
  return cluster[0]?.target.password ?? expect.fail('there is no password')
}

async function keysAt(url: string, prefix: string): Promise<readonly string[]> {
  return await onServer(url, (client) => client.keys(`${prefix}*`))
}

async function onServer<T>(url: string, step: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await step(client)
  } finally {
    client.disconnect()
  }
}

/** A key that this server takes. */
async function ownKey(client: Redis): Promise<string> {
  for (let at = 0; at < 1_000; at++) {
    const key = `theirs-${at}`
    if ((await client.set(key, '1').catch(() => undefined)) === 'OK') return key
  }
  throw new Error('the server took no key')
}

async function expectRefusal(env: NodeJS.ProcessEnv, message: RegExp, remedy: RegExp): Promise<void> {
  const refusal = await redis.open(openHow(env)).then(
    () => expect.fail(`${JSON.stringify(env)} was not refused`),
    (error: unknown) => error,
  )
  expect(refusal).toBeInstanceOf(EngineError)
  expect((refusal as EngineError).message).toMatch(message)
  expect((refusal as EngineError).remedy).toMatch(remedy)
}

type Server = ClusterEngine['cluster'][number]

function urlOf(server: Server): string {
  return `redis://:${server.target.password}@${server.target.host}:${server.target.port}`
}

/** Masters have equal parts of the slots, and replicas are in the order of their masters. */
function pairOf({ cluster }: ClusterEngine, slot: number): { master: Server; replica: Server } {
  const count = cluster.length / 2
  const at = Array.from({ length: count }, (_, node) => Math.floor(((node + 1) * 16_384) / count)).findIndex(
    (end) => slot < end,
  )
  const [master, replica] = [cluster[at], cluster[at + count]]
  if (master === undefined || replica === undefined) throw new Error(`nobody has slot ${slot}`)
  return { master, replica }
}

async function cutOff({ master, replica }: { master: Server; replica: Server }): Promise<void> {
  await onServer(urlOf(replica), (client) => client.config('SET', 'masterauth', 'not its password'))
  await onServer(urlOf(master), (client) => client.call('CLIENT', 'KILL', 'TYPE', 'replica'))
}

async function roleOf(server: Server): Promise<string | undefined> {
  return parseInfo(await onServer(urlOf(server), (client) => client.info('replication'))).role
}

function counting(entry: StrategyEntry, onHeld: () => void): StrategyEntry {
  return {
    ...entry,
    async open(connections, settings) {
      const strategy = await entry.open(connections, settings)
      return {
        ...strategy,
        async hold(request) {
          const outcome = await strategy.hold(request)
          if (outcome.kind === 'held') onHeld()
          return outcome
        },
        confirm: (id: HoldId) => strategy.confirm(id),
      }
    },
  }
}
