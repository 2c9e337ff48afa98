/**
 * What the schedules of one strategy are played on: one namespace for many of them, each with resources of its own in it, and the
 * gated connections of every client, which stay open from schedule to schedule.
 */
import type { Connections, StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy, Resource } from '../../strategies/strategy.ts'
import type { Stores } from '../audit/audit.ts'
import type { Engines } from '../engines/engines.ts'
import { type Ground, prepareGround } from '../ground/ground.ts'
import { Doorway } from './gate.ts'
import { type GatedPostgres, gatedPostgres, pidOf } from './gated-postgres.ts'
import { gatedRedis } from './gated-redis.ts'
import { gatedTigerbeetle } from './gated-tigerbeetle.ts'
import { blockersOf, isWaiting } from './happenings.ts'
import type { WaitList } from './play.ts'

/** A transaction and a statement beside it, for each client, and some for the probes. */
const SESSIONS_PER_CLIENT = 2
const SESSIONS_BESIDE = 4
/** A deadlock is then found almost at once. Only a superuser may set it; elsewhere the server's own is waited for. */
const DEADLOCK_TIMEOUT = '10ms'

/** Retries wait no time, and nothing lies between a read and its write: only the schedule decides. */
export const SETTINGS = { criticalSection: () => Promise.resolve(), random: () => 0 }

export interface Wings {
  readonly doorway: Doorway
  readonly connections: Connections
  readonly postgres: GatedPostgres | undefined
  /** Whether this client has sent Redis this token. */
  hasSaid(token: string): boolean
}

export class Stage implements AsyncDisposable {
  readonly entry: StrategyEntry
  readonly waitList: WaitList
  readonly #engines: Engines
  readonly #clientCount: number
  #ground: Ground
  #wings: readonly Wings[]
  /** For what is no step: making resources, holds that are there before, probes. Nobody keeps its door. */
  #backstage: Wings
  #strategy: ReservationStrategy | undefined

  static async open(entry: StrategyEntry, engines: Engines, clientCount: number): Promise<Stage> {
    const stage = new Stage(entry, engines, clientCount, await groundFor(entry, engines, clientCount))
    try {
      await stage.#openStrategy()
      await stage.#warmUp()
      return stage
    } catch (error) {
      await stage[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(entry: StrategyEntry, engines: Engines, clientCount: number, ground: Ground) {
    this.entry = entry
    this.#engines = engines
    this.#clientCount = clientCount
    this.#ground = ground
    this.#wings = wingsOn(ground, clientCount)
    this.#backstage = wingOn(ground)
    const others = (pid: number) => (this.stores.postgres?.sessionPids() ?? []).filter((each) => each !== pid)
    this.waitList = {
      isWaiting: (pid) => isWaiting(this.stores, pid, others(pid)),
      blockersOf: (pid) => blockersOf(this.stores, pid),
    }
  }

  get stores(): Stores {
    return this.#ground.stores
  }

  /** One per client. */
  get wings(): readonly Wings[] {
    return this.#wings
  }

  /** The strategy on connections without a gate. */
  get strategy(): ReservationStrategy {
    if (this.#strategy === undefined) throw new Error('the stage is closed')
    return this.#strategy
  }

  /** Makes resources for the schedules to come, where nothing is left of those before. */
  async renew(resources: readonly Resource[]): Promise<void> {
    await this.#clear()
    await this.#strategy?.close()
    await this.#openStrategy()
    await this.strategy.createResources(resources)
  }

  /** What a schedule left open in its sessions, one sentence each; ends it. */
  async tidy(): Promise<readonly string[]> {
    const { postgres } = this.stores
    if (postgres === undefined) return []
    const complaints: string[] = []
    for (const { postgres: gated } of this.#wings) {
      const kept = gated?.sessions().length ?? 0
      if (kept > 0) complaints.push(`${kept} connections were never given back to the pool`)
      gated?.forget()
    }
    const { rows } = await postgres.observer.query<{ what: string }>({
      name: 'left-open',
      text: `select 'an advisory lock' as what from pg_locks where locktype = 'advisory' and granted and pid = any ($1::int[])
             union all
             select 'a transaction' from pg_stat_activity where xact_start is not null and pid = any ($1::int[])`,
      values: [postgres.sessionPids()],
    })
    if (rows.length === 0) return complaints
    await onEverySession(postgres.pool, 'rollback; select pg_advisory_unlock_all()')
    return [...complaints, ...rows.map(({ what }) => `${what} was left behind in a session`)]
  }

  async #openStrategy(): Promise<void> {
    // Whatever it has kept of the pool is taken back.
    this.#backstage.postgres?.forget()
    this.#strategy = await this.entry.open(this.#backstage.connections, SETTINGS)
    const { postgres } = this.stores
    if (postgres === undefined) return
    await onEverySession(postgres.pool, SESSION)
  }

  /** So that servers know every script and have made every table: a first time answers otherwise than all that follow. */
  async #warmUp(): Promise<void> {
    const { strategy } = this
    const line = (id: string) => ({ resourceId: id as Resource['id'], quantity: 1 })
    const id = (text: string) => text as Parameters<ReservationStrategy['confirm']>[0]
    await strategy.createResources([{ id: line('warm-up').resourceId, capacity: 2 }])
    for (const name of ['warm-up-1', 'warm-up-2', 'warm-up-2', 'warm-up-3']) {
      await strategy
        .hold({ holdId: id(name), lines: [line('warm-up')], ttlMs: 60_000 })
        .catch(() => undefined)
    }
    await strategy.confirm(id('warm-up-1')).catch(() => undefined)
    await strategy.release(id('warm-up-2')).catch(() => undefined)
    await strategy.availability([line('warm-up').resourceId]).catch(() => undefined)
    this.#backstage.postgres?.forget()
  }

  async #clear(): Promise<void> {
    const { postgres, redis, tigerbeetle } = this.stores
    if (tigerbeetle !== undefined) {
      // Nothing can be deleted there.
      await this.#ground.dispose()
      this.#ground = await groundFor(this.entry, this.#engines, this.#clientCount)
      this.#wings = wingsOn(this.#ground, this.#clientCount)
      this.#backstage = wingOn(this.#ground)
      return
    }
    this.#backstage.postgres?.forget()
    if (postgres !== undefined) {
      const { rows } = await postgres.observer.query<{ name: string }>(
        `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = $1`,
        [postgres.schema],
      )
      if (rows.length > 0)
        await postgres.observer.query(`truncate ${rows.map(({ name }) => name).join(', ')}`)
    }
    for (const node of redis?.observers ?? []) {
      const keys = await node.keys(`${redis?.prefix}*`)
      if (keys.length > 0) await node.unlink(...keys)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#strategy?.close()
    this.#strategy = undefined
    await this.#ground.dispose()
  }
}

function groundFor(entry: StrategyEntry, engines: Engines, clientCount: number): Promise<Ground> {
  return prepareGround(entry, engines, clientCount * SESSIONS_PER_CLIENT + SESSIONS_BESIDE)
}

function wingsOn(ground: Ground, clientCount: number): readonly Wings[] {
  return Array.from({ length: clientCount }, () => wingOn(ground))
}

function wingOn({ connections, stores }: Ground): Wings {
  const doorway = new Doorway()
  const { redis, tigerbeetle } = connections
  const postgres = stores.postgres && gatedPostgres(stores.postgres.pool, doorway)
  const [first, ...others] = redis ?? []
  const said = new Set<string>()
  const nodeOf = (node: number) => ({
    name: others.length === 0 ? '' : `node ${node}: `,
    onSaid: (argument: string) => said.add(argument),
  })
  return {
    doorway,
    hasSaid: (token) => said.has(token),
    postgres,
    connections: {
      ...(postgres && { postgres: postgres.postgres }),
      ...(first && {
        redis: [
          gatedRedis(first, doorway, nodeOf(1)),
          ...others.map((node, at) => gatedRedis(node, doorway, nodeOf(at + 2))),
        ],
      }),
      ...(tigerbeetle && {
        tigerbeetle: { client: gatedTigerbeetle(tigerbeetle.client, doorway), ledger: tigerbeetle.ledger },
      }),
    },
  }
}

const SESSION = `do $$ begin set deadlock_timeout = '${DEADLOCK_TIMEOUT}'; exception when insufficient_privilege then null; end $$`

type Pool = NonNullable<Stores['postgres']>['pool']

async function onEverySession(pool: Pool, sql: string): Promise<void> {
  const clients = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()))
  try {
    await Promise.all(clients.map((client) => client.query(sql)))
  } finally {
    // The pool hands out the one that came back last: always in the same order.
    for (const client of clients.toSorted((a, b) => (pidOf(a) ?? 0) - (pidOf(b) ?? 0))) client.release()
  }
}
