/**
 * Goal: events divided among several servers of PostgreSQL, with the strategies as they are. Method: two
 * servers of this run's own play foreign ones.
 */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { doctorCommand } from '../../cli/doctor.ts'
import { EXIT } from '../../cli/exit-codes.ts'
import { EngineError } from '../../harness/engines/engine-error.ts'
import { postgres } from '../../harness/engines/postgres/index.ts'
import { openPostgres, type PostgresEngine } from '../../harness/engines/postgres/open.ts'
import { ABILITY_NAMES } from '../../harness/engines/postgres/probe/probe.ts'
import { serverOf } from '../../harness/engines/postgres/shards/addresses.ts'
import { whyUnfit } from '../../harness/ground/fit.ts'
import { prepareGround } from '../../harness/ground/ground.ts'
import { runTrial, type TrialSettings } from '../../harness/trial/trial.ts'
import { churn } from '../../harness/workloads/churn.ts'
import { drain } from '../../harness/workloads/drain.ts'
import { hotEvents } from '../../harness/workloads/hot-events.ts'
import { sellOut } from '../../harness/workloads/sell-out.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { type HoldId, InvalidRequestError, type ResourceId } from '../../strategies/strategy.ts'
import { contextWith } from '../cli/context.ts'
import { FULL } from '../size.ts'
import { runFolders, temporaryCache } from './harness.ts'
import { startLyingServer } from './lying-server.ts'

const cache = temporaryCache()
const SETTINGS: Omit<TrialSettings, 'workload'> = {
  concurrency: 16,
  durationMs: 600,
  warmupMs: 100,
  repeat: 1,
  seed: 7,
  poolSize: 6,
  criticalSectionMs: 0,
}

describe('servers of the run itself', FULL, () => {
  it('divide events as those at addresses do, and end with it', async () => {
    const own = temporaryCache()
    try {
      const env = { ...own.env, HOLDFAST_POSTGRES: 'shards:2' }
      {
        await using engine = await postgres.open({
          durability: 'durable',
          env,
          sweeps: true,
          log: () => undefined,
        })
        expect(engine.settings.events_divided_among).toBe('2 servers')
        expect([engine.source, engine.durability.label]).toEqual(['embedded', 'durable'])
        expect(engine.describe()).toMatch(/^2 servers \(embedded\), an event on one of them: /)
        expect(engine.dividesEvents?.remedy).toContain('unset HOLDFAST_POSTGRES')
        // They have one record in two places: none is struck alone.
        expect(engine.ownServers).toBeUndefined()
        expect(runFolders(own)).toHaveLength(2)
        const { trial } = await runTrial(
          strategyNamed('postgres-conditional-update'),
          { postgres: engine },
          { ...SETTINGS, workload: hotEvents(6) },
        )
        expect([trial.verdict, trial.verdictReasons]).toEqual(['valid', []])
        expect(trial.goodputPerSecond).toBeGreaterThan(0)
        expect(whyUnfit(strategyNamed('redis-setnx'), { postgres: engine })?.remedy).toContain(
          'unset HOLDFAST_POSTGRES',
        )
      }
      expect(runFolders(own)).toEqual([])
    } finally {
      own.remove()
    }
  }, 120_000)
})

describe('servers at POSTGRES_URLS', FULL, () => {
  const servers: PostgresEngine[] = []
  let POSTGRES_URLS: string

  beforeAll(async () => {
    for (let server = 0; server < 2; server++) {
      servers.push(await openPostgres({ durability: 'durable', env: cache.env }))
    }
    POSTGRES_URLS = servers.map((server) => server.connectionString()).join(',')
  }, 120_000)
  afterAll(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]()
    cache.remove()
  })

  const open = (env: NodeJS.ProcessEnv) =>
    postgres.open({
      durability: 'durable',
      env: { ...cache.env, ...env },
      sweeps: true,
      log: () => undefined,
    })

  it.each([
    'postgres-conditional-update',
    'postgres-conditional-update-batched',
    'postgres-skip-locked',
    'postgres-serializable',
  ])(
    'sell the seats of six events with %s, and the stores agree',
    async (name) => {
      await using engine = await open({ POSTGRES_URLS })
      for (const workload of [hotEvents(6), sellOut, churn]) {
        const { trial } = await runTrial(strategyNamed(name), { postgres: engine }, { ...SETTINGS, workload })
        expect(trial.verdictReasons, workload.name).toEqual([])
        expect(trial.verdict).toBe('valid')
        expect(trial.goodputPerSecond).toBeGreaterThan(0)
      }
    },
    120_000,
  )

  it('convict the control as one server does', async () => {
    await using engine = await open({ POSTGRES_URLS })
    const settings = { ...SETTINGS, workload: drain, criticalSectionMs: 3 }
    const { trial } = await runTrial(strategyNamed('postgres-naive'), { postgres: engine }, settings)
    expect(trial.verdict).toBe('invalid')
  }, 60_000)

  it('are used by two processes, which find their holds by the ids alone', async () => {
    await using engine = await open({ POSTGRES_URLS })
    const settings = { ...SETTINGS, workload: sellOut, processes: 2 }
    const { trial } = await runTrial(
      strategyNamed('postgres-conditional-update'),
      { postgres: engine },
      settings,
    )
    expect([trial.verdict, trial.verdictReasons]).toEqual(['valid', []])
  }, 60_000)

  it('keep each event on one of them, refuse a hold over two, and are left empty', async () => {
    await using engine = await open({ POSTGRES_URLS })
    const ground = await prepareGround(strategyNamed('postgres-conditional-update'), { postgres: engine }, 2)
    try {
      const strategy = await strategyNamed('postgres-conditional-update').open(ground.connections, {
        criticalSection: async () => undefined,
        random: Math.random,
      })
      const events = Array.from({ length: 8 }, (_, at) => `event-${at}`)
      await strategy.createResources(events.map((id) => ({ id: `${id}:seat` as ResourceId, capacity: 1 })))
      for (const [at, server] of servers.entries()) {
        const expected = events.filter((event) => serverOf(event, 2) === at).map((event) => `${event}:seat`)
        expect(await resourcesOn(server)).toEqual(expected)
      }
      const lines = ['event-0:seat', 'event-1:seat'].map((id) => ({
        resourceId: id as ResourceId,
        quantity: 1,
      }))
      const hold = strategy.hold({ holdId: 'event-0:h' as HoldId, lines, ttlMs: 1_000 })
      await expect(hold).rejects.toThrow(InvalidRequestError)
      await strategy.close()
    } finally {
      await ground.dispose()
    }
    for (const server of servers) expect(await resourcesOn(server)).toEqual([])
  })

  it('leave out what keeps parts of a hold elsewhere', async () => {
    await using engine = await open({ POSTGRES_URLS })
    const why = (name: string) => whyUnfit(strategyNamed(name), { postgres: engine })?.why
    expect(why('redis-seat-key')).toMatch(/^it keeps parts of a hold in another engine/)
    expect(why('postgres-nowait')).toBeUndefined()
  })

  it('are probed each, and the worst of them counts and is shown by the doctor', async () => {
    const [first = '', second = ''] = POSTGRES_URLS.split(',')
    await using lying = await startLyingServer(second, [[/ nowait/g, '']])
    const env = { ...cache.env, POSTGRES_URLS: `${first},${lying.url}` }
    await using engine = await open(env)
    const probed = await engine.probe?.()
    expect(probed?.abilities.map(({ name }) => name)).toEqual(ABILITY_NAMES)
    expect(probed?.abilities.filter(({ state }) => state !== 'has')).toEqual([
      expect.objectContaining({ name: 'nowait', state: 'lacks', seen: expect.stringMatching(/^server 2: /) }),
    ])
    expect(probed?.isolation.map(({ asked, found }) => [asked, found])).toEqual([
      ['read committed', 'read committed'],
      ['repeatable read', 'snapshot isolation'],
      ['serializable', 'serializable'],
    ])
    expect(whyUnfit(strategyNamed('postgres-nowait'), { postgres: engine })?.why).toContain('lacks')

    const shown = contextWith(env, [postgres])
    await doctorCommand(shown).parseAsync(['--probe'], { from: 'user' })
    expect(shown.exitCode()).toBe(EXIT.notProven)
    expect(shown.out()).toMatch(/ LACKS +nowait +.*server 2: /)
    expect(shown.out()).toMatch(/ has +skip-locked +server 1: /)
    expect(shown.out()).toMatch(/ server 2: postgres:\/\/[^\n]*\n/)
    expect(shown.out()).toMatch(/refused there: postgres-nowait: /)
  }, 180_000)

  it('are refused with a sentence where one cannot be used, or is named twice', async () => {
    const [first = ''] = POSTGRES_URLS.split(',')
    const refusals: readonly (readonly [string, RegExp, EngineError['problem']])[] = [
      [
        `${first},postgres://127.0.0.1:1/db`,
        /^Address 2 of POSTGRES_URLS: No server listens at/,
        'unreachable',
      ],
      [`${first},${first}?application_name=x`, /^Addresses 1 and 2 .* are the same server/, 'misconfigured'],
      [
        `${first},mysql://one/db`,
        /^Address 2 of POSTGRES_URLS: it does not begin with postgres:/,
        'misconfigured',
      ],
    ]
    for (const [urls, sentence, problem] of refusals) {
      const refusal = await open({ POSTGRES_URLS: urls }).catch((error: unknown) => error)
      expect(refusal).toBeInstanceOf(EngineError)
      expect((refusal as EngineError).message).toMatch(sentence)
      expect((refusal as EngineError).problem).toBe(problem)
    }
  })
})

function strategyNamed(name: string): StrategyEntry {
  return registry.find((each) => each.name === name) ?? expect.fail(`there is no ${name}`)
}

/** In any schema of a run. */
async function resourcesOn(server: PostgresEngine): Promise<readonly string[]> {
  const client = new pg.Client(server.connectionString())
  await client.connect()
  try {
    const { rows } = await client.query<{ schema: string }>(
      `select schemaname as schema from pg_tables where tablename = 'resource'`,
    )
    const found = await Promise.all(
      rows.map(({ schema }) => client.query<{ id: string }>(`select id from "${schema}".resource`)),
    )
    return found.flatMap((each) => each.rows.map(({ id }) => id)).sort()
  } finally {
    await client.end()
  }
}
