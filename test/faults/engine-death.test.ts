/**
 * Goal: an engine that dies in the middle of a play, for good or for a moment, costs answers and never the
 * truth. Every call ends, what nobody knows is recorded as unknown, nothing is called valid that was not
 * seen, and nobody is convicted who kept what was promised. Method: servers of the test's own, and whole
 * trials. One hold, counted from the first, is on its way when its server is struck; a later caller finds it
 * dead, or waits until it is back.
 * @module-tag full
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { afterEach, describe, expect, test } from 'vitest'
import { until } from '../../harness/conformance/subject.ts'
import { openPostgres } from '../../harness/engines/postgres/open.ts'
import type { RedisEngine } from '../../harness/engines/redis/engine.ts'
import { openRedis } from '../../harness/engines/redis/open.ts'
import { runTrial, type TrialResult, type TrialSettings } from '../../harness/trial/trial.ts'
import { churn } from '../../harness/workloads/churn.ts'
import { hotSeat } from '../../harness/workloads/hot-seat.ts'
import { sellOut } from '../../harness/workloads/sell-out.ts'
import type { Workload } from '../../harness/workloads/workload.ts'
import { type Connections, registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { HoldOutcome } from '../../strategies/strategy.ts'
import { isFull } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000)

/** These tests end servers: never one that somebody else has named. */
const { POSTGRES_URL: _postgres, REDIS_URL: _redis, REDIS_URLS: _redises, ...env } = process.env

const opened = await withEngines(isFull ? ['postgres', 'redis'] : [], env)

const entryNamed = (name: string): StrategyEntry =>
  registry.find((each) => each.name === name) ?? expect.fail(`there is no ${name}`)

const settings: TrialSettings = {
  workload: sellOut,
  concurrency: 8,
  // Only a limit: a play ends when enough was wanted after the strike, however long that takes on this
  // machine.
  durationMs: 30_000,
  warmupMs: 0,
  repeat: 1,
  seed,
  poolSize: 8,
  criticalSectionMs: 0,
}

type RedisNode = RedisEngine['nodes'][number]

/** Late enough that holds were acknowledged before, early enough that many are wanted afterwards. */
const STRUCK_HOLD = 40

/**
 * Does something to an engine while one hold is on its way. Holds that are wanted meanwhile wait until it is
 * `over`.
 */
type Strike = (
  call: () => Promise<HoldOutcome>,
  connections: Connections,
) => { readonly outcome: Promise<HoldOutcome>; readonly over: Promise<unknown> }

/**
 * Wanted after the strike is over, before the play ends. Where nobody answers any more, each takes its time
 * to be given up.
 */
const HOLDS_AFTER = { answered: 300, unanswered: 16 } as const

/** The strategy, and requests for it that end by number and not by time. */
interface Struck {
  readonly entry: StrategyEntry
  playing(workload: Workload): Workload
}

function struckBy(entry: StrategyEntry, strike: Strike, holdsAfter: number = HOLDS_AFTER.answered): Struck {
  let holds = 0
  let after = 0
  let over: Promise<unknown> = Promise.resolve()
  return {
    entry: {
      ...entry,
      async open(connections, own) {
        const strategy = await entry.open(connections, own)
        return {
          ...strategy,
          async hold(request) {
            if (++holds === STRUCK_HOLD) {
              const struck = strike(() => strategy.hold(request), connections)
              over = struck.over
              return struck.outcome
            }
            await over
            if (holds > STRUCK_HOLD) after++
            return strategy.hold(request)
          },
        }
      },
    },
    playing: (workload) => endingWhen(workload, () => after >= holdsAfter),
  }
}

/** The same requests, until nobody wants anything more. */
function endingWhen(workload: Workload, isThrough: () => boolean): Workload {
  return {
    ...workload,
    plan(of) {
      const plan = workload.plan(of)
      const callers = plan.callers.map((caller) => ({
        ...caller,
        next: () => (isThrough() ? undefined : caller.next()),
      }))
      return { ...plan, callers }
    },
  }
}

/** Kills servers that have got the hold's commands and not answered; `back` starts them again. */
function kill(
  numbers: readonly number[],
  { nodes }: { readonly nodes: readonly RedisNode[] },
  back: boolean,
): Strike {
  const struck = numbers.map((number) => nodes[number] ?? expect.fail(`there is no node ${number}`))
  return (call, { redis }) => {
    const onItsWay = Promise.all(struck.map((node) => node.pause())).then(() => [call()] as const)
    const over = onItsWay.then(async ([answer]) => {
      answer.catch(() => {})
      await Promise.all(struck.map((node) => node.stop('SIGKILL')))
      if (!back) return
      await Promise.all(struck.map((node) => node.start()))
      const clients = numbers.map((number) => redis?.[number])
      await until('the clients to be connected again', () =>
        clients.every((each) => each?.status === 'ready'),
      )
    })
    return { outcome: onItsWay.then(([answer]) => answer), over }
  }
}

/** Kills a server without looking at what it is doing: it may have done what it never answered. */
function killBlindly(node: RedisNode): Strike {
  return (call, { redis }) => {
    const outcome = call()
    outcome.catch(() => {})
    const over = (async () => {
      await node.stop('SIGKILL')
      await node.start()
      await until('the client to be connected again', () => redis?.[0].status === 'ready')
    })()
    return { outcome, over }
  }
}

/** Every call has ended, and nobody claims to know what nobody knows. */
function unknownsOf({ trial, history }: TrialResult): number {
  const unknown = [...history].filter((record) => record.type === 'operation' && record.result === 'info')
  for (const operation of unknown) expect(operation).toHaveProperty('error', expect.stringMatching(/^.+$/))
  expect(trial.counts.unknown).toBe(unknown.length)
  for (const reason of trial.verdictReasons) expect(reason).toMatch(/^.+$/)
  return unknown.length
}

function isUnknown(result: TrialResult): void {
  const { trial } = result
  expect(trial.verdict, trial.conviction).toBe('unknown')
  expect(trial.asPromised).toBe(false)
  expect(trial.verdictReasons.length).toBeGreaterThan(0)
  expect(unknownsOf(result)).toBeGreaterThan(0)
}

function isValid(result: TrialResult): void {
  const { trial } = result
  expect(trial.verdict, trial.conviction ?? trial.verdictReasons.join('; ')).toBe('valid')
  expect(trial.counts.held).toBeGreaterThan(STRUCK_HOLD / 2)
  unknownsOf(result)
}

const answers = (db: Kysely<unknown>): Promise<boolean> =>
  sql`select`.execute(db).then(
    () => true,
    () => false,
  )

const sharedRedis = () => opened.engines.redis ?? expect.fail('Redis is not there')
const restarted = (nodes: readonly RedisNode[]) => Promise.all(nodes.map((node) => node.start()))

describe.skipIf(opened.lacks(['redis']))(`seed ${seed}: a Redis server that is killed for good`, () => {
  afterEach(async () => {
    await restarted(sharedRedis().nodes)
  })

  test.for([
    ['redis-lua', sellOut],
    ['redis-seat-key', sellOut],
    ['redis-setnx', hotSeat],
    ['redis-setnx-fenced', hotSeat],
  ] as const)('ends a play of %s, which proves nothing then', async ([name, workload]) => {
    const { entry, playing } = struckBy(
      entryNamed(name),
      kill([0], sharedRedis(), false),
      HOLDS_AFTER.unanswered,
    )
    isUnknown(await runTrial(entry, opened.engines, { ...settings, workload: playing(workload) }))
  })

  for (const [name, numbers] of [
    ['redlock', [0]],
    ['redlock', [2, 4]],
    ['redlock-guarded', [0]],
  ] as const) {
    test(`is not missed by ${name}, as part of the minority ${numbers}`, async () => {
      const { entry, playing } = struckBy(entryNamed(name), kill(numbers, sharedRedis(), false))
      const result = await runTrial(entry, opened.engines, { ...settings, workload: playing(hotSeat) })
      isValid(result)
      expect(unknownsOf(result)).toBe(0)
    })
  }

  test('as one of a majority leaves redlock refusing definitely, and nothing proven', async () => {
    const { entry, playing } = struckBy(
      entryNamed('redlock'),
      kill([0, 1, 2], sharedRedis(), false),
      HOLDS_AFTER.unanswered,
    )
    const { trial } = await runTrial(entry, opened.engines, { ...settings, workload: playing(hotSeat) })
    expect(trial.verdict, trial.conviction).toBe('unknown')
    expect(trial.counts.contended).toBeGreaterThan(0)
  })
})

describe.skipIf(opened.lacks(['redis']))(`seed ${seed}: a Redis server that is killed and comes back`, () => {
  const struckWhileSilent = (redis: RedisEngine) => kill([0], redis, true)
  const struckBlindly = (redis: RedisEngine) => killBlindly(redis.nodes[0])

  for (const [name, workload, strikeOn] of [
    ['redis-lua', sellOut, struckWhileSilent],
    ['redis-lua', sellOut, struckBlindly],
    ['redis-lua', hotSeat, struckBlindly],
    ['redis-lua', churn, struckWhileSilent],
    ['redis-seat-key', sellOut, struckWhileSilent],
    ['redis-seat-key', sellOut, struckBlindly],
    // The lease of the hold that was struck outlives its owner, and everybody waits for its end.
    ['redis-setnx', sellOut, struckBlindly],
  ] as const) {
    const what = `${name}, ${workload.name}, struck ${strikeOn === struckBlindly ? 'blindly' : 'while silent'}`
    test.concurrent(`with all that it answered loses nothing: ${what}`, async () => {
      await using redis = await openRedis({ nodes: 1, durability: 'always', env })
      const { entry, playing } = struckBy(entryNamed(name), strikeOn(redis))
      const order = { ...settings, workload: playing(workload) }
      isValid(await runTrial(entry, { ...opened.engines, redis }, order))
    })
  }

  test.for(['redis-lua', 'redis-seat-key'])('without its memory is never called valid: %s', async (name) => {
    const entry = entryNamed(name)
    expect(entry.promises.unsafeUnder).toContain('lost-writes')
    const struck = struckBy(entry, kill([0], sharedRedis(), true))
    const order = { ...settings, workload: struck.playing(sellOut) }
    const { trial } = await runTrial(struck.entry, opened.engines, order)
    expect(['unknown', 'invalid']).toContain(trial.verdict)
    expect(trial.asPromised).toBe(false)
  })

  test.for([
    ['redis-setnx-fenced', 0],
    ['redlock-guarded', 0],
    ['redlock', 2],
  ] as const)('without its memory does no harm to %s', async ([name, number]) => {
    const { entry, playing } = struckBy(entryNamed(name), kill([number], sharedRedis(), true))
    isValid(await runTrial(entry, opened.engines, { ...settings, workload: playing(hotSeat) }))
  })
})

describe.skipIf(opened.lacks(['redis']))(`seed ${seed}: a Redis server that stands still`, () => {
  /** Shorter than the limit of a command, so that its answer may come after its caller has gone. */
  const callTimeoutMs = 200

  test.for(['redis-lua', 'redis-seat-key', 'redis-setnx-fenced', 'redlock-guarded'])(
    'and goes on when callers have gone: their late effects are no lie of %s',
    async (name) => {
      const entry = entryNamed(name)
      const { nodes } = sharedRedis()
      let begun = 0
      const paused: StrategyEntry = {
        ...entry,
        async open(connections, own) {
          const strategy = await entry.open(connections, own)
          return {
            ...strategy,
            async hold(request) {
              begun++
              if (begun === STRUCK_HOLD) await Promise.all(nodes.map((node) => node.pause()))
              // By now somebody has given up, as each caller has one call on its way.
              if (begun === STRUCK_HOLD + settings.concurrency) {
                await Promise.all(nodes.map((node) => node.resume()))
              }
              return strategy.hold(request)
            },
          }
        },
      }
      const workload = endingWhen(sellOut, () => begun > STRUCK_HOLD + HOLDS_AFTER.answered)
      const result = await runTrial(paused, opened.engines, { ...settings, workload, callTimeoutMs })
      isValid(result)
      expect(unknownsOf(result)).toBeGreaterThan(0)
    },
  )
})

describe.skipIf(opened.lacks(['redis']))(`seed ${seed}: a PostgreSQL server`, () => {
  test('that is killed for good ends every play, which proves nothing then', async () => {
    await using postgres = await openPostgres({ durability: 'relaxed', env })
    const names = [
      'postgres-conditional-update',
      'postgres-skip-locked',
      'redis-setnx-fenced',
      'redis-seat-key',
    ]
    let arrived = 0
    const all = Promise.withResolvers<void>()
    /** They die together: it is one server. */
    const strike: Strike = (call, { postgres: db = expect.fail('there is no PostgreSQL') }) => {
      const over = (async () => {
        if (++arrived < names.length) return all.promise
        const { rows } = await sql<{
          folder: string
        }>`select current_setting('data_directory') as folder`.execute(
          db ?? expect.fail('there is no PostgreSQL'),
        )
        const lines = readFileSync(join(rows[0]?.folder ?? '', 'postmaster.pid'), 'utf8').split('\n')
        process.kill(Number(lines[0]), 'SIGKILL')
        await until('its sessions to end', async () => !(await answers(db)))
        all.resolve()
      })()
      return { outcome: over.then(call), over }
    }
    const results = await Promise.all(
      names.map((name) => {
        const { entry, playing } = struckBy(entryNamed(name), strike, HOLDS_AFTER.unanswered)
        return runTrial(entry, { ...opened.engines, postgres }, { ...settings, workload: playing(sellOut) })
      }),
    )
    for (const result of results) isUnknown(result)
  })

  test('that loses a session to SIGKILL, and so all of them, loses nothing that it answered', async () => {
    await using postgres = await openPostgres({ durability: 'durable', env })
    const strike: Strike = (call, { postgres: db = expect.fail('there is no PostgreSQL') }) => {
      const begun = Promise.withResolvers<readonly [Promise<HoldOutcome>]>()
      const over = (async () => {
        // The server has noticed when it ends the other sessions too. Until then it answers as if nothing
        // had happened.
        await db.connection().execute(async (witness) => {
          const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
          process.kill(rows[0]?.pid ?? expect.fail('a session without a process'), 'SIGKILL')
          begun.resolve([call()])
          await begun.promise.then(([outcome]) => outcome).catch(() => {})
          await until('the server to end its other sessions', async () => !(await answers(witness)))
        })
        await until('the server to be back', () => answers(db))
      })()
      return { outcome: begun.promise.then(([outcome]) => outcome), over }
    }
    for (const name of ['postgres-select-for-update', 'postgres-skip-locked', 'redis-seat-key']) {
      const { entry, playing } = struckBy(entryNamed(name), strike)
      const order = { ...settings, workload: playing(sellOut) }
      isValid(await runTrial(entry, { ...opened.engines, postgres }, order))
    }
  })
})
