/**
 * A pool that measures how long its users waited for a connection and how long they kept it.
 *
 * The wait is measured around `connect`, through which `query` and Kysely pass as well; the time held is
 * measured by the pool's own events, which come in pairs for every way of calling.
 */
import { createHistogram } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { monotonicNs } from '../../clock.ts'
import { openTelemetry } from '../../telemetry.ts'
import { reasonOf } from '../engine-error.ts'
import { observe } from './observed-client.ts'

interface PoolReading {
  /** From requesting a connection to getting one, or to the deadline. */
  readonly waitMs: {
    readonly p50: number
    readonly p95: number
    readonly p99: number
    readonly max: number
    readonly count: number
    /** The sum of all waits. */
    readonly total: number
  }
  /** The sum over all connections, including those in use. */
  readonly connectionSeconds: number
  readonly inUse: number
  readonly waiting: number
  readonly open: number
  /** Waits that ended without a connection. Included in `waitMs`. */
  readonly waitsFailed: number
  /** Connections that broke, while idle or in use. */
  readonly connectionsBroken: number
  readonly lastBreak: string | undefined
}

interface PoolMeter {
  /** Starts over; a connection in use counts from now on. */
  reset(): void
  read(): PoolReading
}

/** Time limit for users to return their connections to the pool; after that they are cut. */
const END_GRACE_MS = 2_000
const END_POLL_MS = 5

/** The library's message for a caller that has waited until the pool's limit. */
const WAITED_TOO_LONG = /timeout exceeded when trying to connect/

type ConnectCallback = Parameters<pg.Pool['connect']>[0]

export class MeteredPool extends pg.Pool implements PoolMeter {
  /** Microseconds. */
  readonly #waits = createHistogram()
  readonly #heldSince = new Map<pg.PoolClient, bigint>()
  readonly #clients = new Set<pg.PoolClient>()
  readonly #telemetry = openTelemetry()
  #heldNs = 0n
  /** Kept besides the histogram, which rounds. */
  #waitedNs = 0
  #waitsFailed = 0
  #connectionsBroken = 0
  #lastBreak: string | undefined

  constructor(config: pg.PoolConfig) {
    super(config)
    this.on('connect', (client) => {
      this.#clients.add(client)
      if (this.#telemetry !== undefined) observe(client, this.#telemetry)
      // For the whole life of the client: the pool listens only while it is idle, and a connection that the
      // server cuts between two statements of its user would otherwise crash the process.
      let isBroken = false
      client.on('error', (error) => {
        // The server's reason comes first, the end of the connection after it.
        if (isBroken) return
        isBroken = true
        this.#connectionsBroken += 1
        this.#lastBreak = reasonOf(error)
      })
    })
    this.on('remove', (client) => {
      this.#clients.delete(client)
    })
    this.on('acquire', (client) => {
      this.#heldSince.set(client, monotonicNs())
    })
    this.on('release', (_error, client) => {
      endIfUnanswered(client)
      const since = this.#heldSince.get(client)
      if (since === undefined) return
      this.#heldSince.delete(client)
      const heldNs = monotonicNs() - since
      this.#heldNs += heldNs
      this.#telemetry?.used(Number(heldNs) / 1e9)
    })
    // The client's own listener has recorded it.
    this.on('error', () => undefined)
  }

  override connect(): Promise<pg.PoolClient>
  override connect(callback: ConnectCallback): void
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | undefined {
    const asked = monotonicNs()
    if (callback) {
      super.connect((error, client, done) => {
        const hasFailed = error !== undefined && error !== null
        this.#waited(asked, hasFailed)
        callback(hasFailed ? this.#named(error) : error, client, done)
      })
      return
    }
    return super.connect().then(
      (client) => {
        this.#waited(asked, false)
        return client
      },
      (error: unknown) => {
        this.#waited(asked, true)
        throw this.#named(error)
      },
    )
  }

  /** Opens all connections, so that no measured wait includes opening one. */
  async fill(): Promise<void> {
    const asked = Array.from({ length: this.options.max }, () => this.connect())
    const settled = await Promise.allSettled(asked)
    for (const outcome of settled) if (outcome.status === 'fulfilled') outcome.value.release()
    for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason
    this.reset()
  }

  /** The server's process ids of its connections. */
  sessions(): readonly number[] {
    return [...this.#clients].flatMap(backendPid)
  }

  reset(): void {
    this.#waits.reset()
    this.#heldNs = 0n
    this.#waitedNs = 0
    this.#waitsFailed = 0
    this.#connectionsBroken = 0
    this.#lastBreak = undefined
    const now = monotonicNs()
    for (const client of this.#heldSince.keys()) this.#heldSince.set(client, now)
  }

  read(): PoolReading {
    const now = monotonicNs()
    const heldNs = [...this.#heldSince.values()].reduce((sum, since) => sum + (now - since), this.#heldNs)
    const waits = this.#waits
    const ms = (us: number): number => (waits.count === 0 ? 0 : us / 1_000)
    return {
      waitMs: {
        p50: ms(waits.percentile(50)),
        p95: ms(waits.percentile(95)),
        p99: ms(waits.percentile(99)),
        max: ms(waits.max),
        count: waits.count,
        total: this.#waitedNs / 1e6,
      },
      connectionSeconds: Number(heldNs) / 1e9,
      inUse: this.#heldSince.size,
      waiting: this.waitingCount,
      open: this.totalCount,
      waitsFailed: this.#waitsFailed,
      connectionsBroken: this.#connectionsBroken,
      lastBreak: this.#lastBreak,
    }
  }

  /**
   * Ends even if a connection is never returned or the server is stuck. Its owner may already have begun to
   * end it. Returns the server's process ids of the sessions that had to be cut.
   */
  async endOrCut(): Promise<readonly number[]> {
    if (!this.ending) void this.end()
    const deadline = performance.now() + END_GRACE_MS
    while (this.#clients.size > 0 && performance.now() < deadline) await delay(END_POLL_MS)
    const left = [...this.#clients]
    for (const client of left) client.connection.stream.destroy()
    return left.flatMap(backendPid)
  }

  /**
   * The error for a wait that ended because no connection was returned: callers that hold one may be waiting
   * for another.
   */
  #named<Thrown>(error: Thrown): Thrown | Error {
    const { max } = this.options
    if (!(error instanceof Error) || !WAITED_TOO_LONG.test(error.message)) return error
    if (this.#heldSince.size < max) return error
    const others = this.waitingCount + 1
    const calls = others === 1 ? '1 call' : `${others} calls`
    return new Error(`every connection of the pool (${max}) was held while ${calls} waited for one`, {
      cause: error,
    })
  }

  #waited(asked: bigint, failed: boolean): void {
    const waitedNs = Number(monotonicNs() - asked)
    this.#waitedNs += waitedNs
    this.#telemetry?.waited(waitedNs / 1e9)
    // A histogram starts at one.
    this.#waits.record(Math.max(1, Math.floor(waitedNs / 1_000)))
    if (failed) this.#waitsFailed += 1
  }
}

/**
 * The connection of an abandoned statement still waits for it, and the server may have vanished silently: the
 * next user would also wait in vain until the system notices, a quarter of an hour later.
 */
function endIfUnanswered(client: pg.PoolClient): void {
  if ('_activeQuery' in client && client._activeQuery) void (client as pg.PoolClient & pg.Client).end()
}

/** The server sends it at the start of a session; the library's types omit it. */
function backendPid(client: pg.PoolClient): number[] {
  return 'processID' in client && typeof client.processID === 'number' ? [client.processID] : []
}
