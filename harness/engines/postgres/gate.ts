/**
 * A Kysely instance whose every statement passes a gate. All clients share one pool, as the callers of one
 * service do.
 */
import { Kysely } from 'kysely'
import type pg from 'pg'
import type { Gate, Touch } from '../engine.ts'
import { saidBy, shapeOf, textOf } from '../wording.ts'
import { pidOf } from './every-session.ts'
import { LentDialect, type StatementClient } from './lent-dialect.ts'
import { withMovableClock } from './moved-clock.ts'
import { type Statement, textsOf } from './statement.ts'
import {
  afterFailure,
  afterStatement,
  FRESH_SESSION,
  isSeveral,
  type KnownTables,
  type SessionState,
} from './statements.ts'
import { touching } from './touch.ts'

const DEADLOCK = '40P01'
const QUERY_CANCELED = '57014'
const LOCK_NOT_AVAILABLE = '55P03'

const SEVERAL =
  'several statements are sent in one text and are one step: what another client does between them is not seen'

export interface GatedPostgres {
  readonly postgres: Kysely<unknown>
  /** The sessions that this client has taken from the pool. */
  sessions(): readonly pg.PoolClient[]
  /**
   * Gives up the connections that are in hand, whose sessions were ended from outside; returns how many there
   * were. One on which nothing was sent yet has no session, and counts.
   */
  forget(): number
}

export function gatedPostgres(pool: pg.Pool, gate: Gate): GatedPostgres {
  const leases = new GatedLeases(pool, gate, {})
  return {
    postgres: new Kysely<unknown>({ dialect: new LentDialect({ connect: async () => leases.take() }) }),
    sessions: () => leases.sessions(),
    forget: () => leases.forget(),
  }
}

export interface LeaseOptions {
  /** What is known of the tables at the moment; absent: those that strategies share. */
  readonly tables?: () => KnownTables
  /** The texts are sent as they are: no clock is moved. */
  readonly isVerbatim?: true
  /** Called with a session before anything else is sent on it. */
  ready?(session: pg.PoolClient): Promise<void>
}

/** The connections that one client has in hand. */
export class GatedLeases {
  readonly #pool: pg.Pool
  readonly #gate: Gate
  readonly #options: LeaseOptions
  readonly #inHand = new Set<GatedLease>()

  constructor(pool: pg.Pool, gate: Gate, options: LeaseOptions) {
    this.#pool = pool
    this.#gate = gate
    this.#options = options
  }

  take(): GatedLease {
    const lease: GatedLease = new GatedLease(this.#pool, this.#gate, {
      ...this.#options,
      onEnd: () => this.#inHand.delete(lease),
    })
    this.#inHand.add(lease)
    return lease
  }

  /** The sessions that are taken from the pool. */
  sessions(): readonly pg.PoolClient[] {
    return [...this.#inHand].flatMap((lease) => lease.session ?? [])
  }

  /** As if the network had cut them: what is sent on them fails from now on. */
  sever(): void {
    for (const lease of [...this.#inHand]) if (lease.session !== undefined) lease.sever()
  }

  /** Gives them up; returns how many there were. */
  forget(): number {
    const had = [...this.#inHand]
    for (const lease of had) lease.cut()
    return had.length
  }
}

/**
 * A connection as the strategy sees it. Its session is taken from the pool with the first statement that is
 * let through, so that the choice of session depends on the schedule alone.
 */
export class GatedLease {
  readonly #pool: pg.Pool
  readonly #gate: Gate
  readonly #options: LeaseOptions & { onEnd(): void }
  #state: SessionState = FRESH_SESSION
  session: pg.PoolClient | undefined
  #isOver: boolean = false
  #isSevered: boolean = false
  /** Whether the strategy has set its own lock timeout. */
  #limitsWaits: boolean = false

  constructor(pool: pg.Pool, gate: Gate, options: LeaseOptions & { onEnd(): void }) {
    this.#pool = pool
    this.#gate = gate
    this.#options = options
  }

  /**
   * What is sent together is one step: no other client can come between. `config`: what the library is given
   * instead, if that says more than the statement.
   */
  query(statement: Statement, config?: object): Promise<unknown> {
    const { text: sql, values } = statement
    let touches: readonly Touch[] = [touching('any', 'all')]
    return this.#gate.pass({
      store: 'postgres',
      text: textsOf({ ...statement, text: textOf(sql, values) }).join('; '),
      shape: textsOf({ ...statement, text: shapeOf(sql) }).join('; '),
      ...(isSeveral(sql) && { doubt: SEVERAL }),
      send: async () => {
        if (this.#isSevered) throw connectionLost()
        if (this.#isOver) throw new Error('this connection was released')
        const session = await this.#taken()
        this.#limitsWaits ||= /\block_timeout\b/i.test(sql)
        const { begin } = statement
        const text = this.#options.isVerbatim === true ? sql : withMovableClock(sql)
        const sent = config === undefined ? { ...statement, text } : { ...config, text }
        const answer = await (session as unknown as StatementClient)
          .query(sent as Statement)
          .catch((error: unknown) => {
            if (this.#isSevered) throw connectionLost()
            const begun = begin === undefined ? this.#state : this.#after(begin).state
            this.#state = afterFailure(begun)
            throw asTimeOut(error, this.#limitsWaits)
          })
        touches = textsOf(statement).flatMap((text) => {
          const done = this.#after(text)
          this.#state = done.state
          return done.touches
        })
        return answer
      },
      tell: saidBy,
      touched: () => touches,
      isRefusal: () => false,
      isPicked: (error) => error instanceof Error && 'code' in error && error.code === DEADLOCK,
      session: () => (this.session === undefined ? undefined : pidOf(this.session)),
    })
  }

  #after(text: string): ReturnType<typeof afterStatement> {
    return afterStatement(text, this.#state, this.#options.tables?.())
  }

  /** The session behind it. If it was given up meanwhile, it has been returned to the pool. */
  async #taken(): Promise<pg.PoolClient> {
    if (this.session !== undefined) return this.session
    const session = await this.#pool.connect()
    if (this.#isOver) {
      session.release()
      throw new Error('this connection was released')
    }
    this.session = session
    await this.#options.ready?.(session)
    return session
  }

  release(): void {
    this.#end(false)
  }

  cut(): void {
    this.#end(true)
  }

  sever(): void {
    this.#isSevered = true
    this.#end(true)
  }

  #end(isCut: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#options.onEnd()
    // The pool may pass the slot to a waiting caller, and open a connection for it.
    this.#gate.openBehind(() => this.session?.release(isCut))
  }
}

/** In the words of the library. */
export function connectionLost(): Error {
  return new Error('Connection terminated unexpectedly')
}

/**
 * Reports a statement that was ended from outside as the server reports a timeout: of lock_timeout if the
 * strategy sets it, otherwise of statement_timeout.
 */
function asTimeOut(error: unknown, limitsWaits: boolean): unknown {
  if (!(error instanceof Error && 'code' in error && error.code === QUERY_CANCELED)) return error
  if (!/user request/.test(error.message)) return error
  const [code, which] = limitsWaits ? [LOCK_NOT_AVAILABLE, 'lock'] : [QUERY_CANCELED, 'statement']
  return Object.assign(error, { code, message: `canceling statement due to ${which} timeout` })
}
