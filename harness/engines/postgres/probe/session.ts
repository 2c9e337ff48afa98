/** The sessions of a probe. Every request ends: with an answer, an error, or at the deadline. */
import type pg from 'pg'
import { NoAnswerError, within } from '../../../within.ts'
import { codeOf, reasonOf } from '../../engine-error.ts'
import type { MeteredPool } from '../metered-pool.ts'

export const LETTERS = ['A', 'B', 'C'] as const
export type Letter = (typeof LETTERS)[number]
export type Level = 'read committed' | 'repeatable read' | 'serializable'

type ProbeRows = readonly Readonly<Record<string, unknown>>[]

/** What one request came to. `late`: no answer before the deadline. `broken`: the connection ended. */
export type ProbeAnswer =
  | { readonly kind: 'rows'; readonly rows: ProbeRows }
  | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly constraint: string }
  | { readonly kind: 'late' }
  | { readonly kind: 'broken'; readonly message: string }

/** The server ended the transaction because of another one: it certainly had no effect. */
const ABORTS: ReadonlySet<string> = new Set(['40001', '40P01', '55P03'])

export function isAbort(answer: ProbeAnswer): boolean {
  return answer.kind === 'error' && ABORTS.has(answer.code)
}

/** The first value of the first row. */
export function valueIn(answer: ProbeAnswer): unknown {
  if (answer.kind !== 'rows') return undefined
  const [first] = answer.rows
  return first === undefined ? undefined : Object.values(first)[0]
}

/** For a reader, as the end of a sentence that begins with the session. */
export function told(answer: ProbeAnswer): string {
  if (answer.kind === 'late') return 'had no answer'
  if (answer.kind === 'broken') return `lost its connection: ${answer.message}`
  if (answer.kind === 'error') return `was refused with ${answer.code}: ${answer.message}`
  const value = valueIn(answer)
  return value === undefined ? 'got no row' : `got ${String(value)}`
}

/** Of an error of the server; others are of the client library or the network (ECONNRESET). */
const SQLSTATE = /^[0-9A-Z]{5}$/
/** Lost connections, no room, and a server that shuts down: they say nothing about what it can do. */
const ENDS_SESSION = /^(08|53|57P)/

export class ProbeSession {
  readonly letter: Letter
  readonly #client: pg.PoolClient
  readonly #deadlineMs: number
  #turn: Promise<unknown> = Promise.resolve()
  #isInTransaction: boolean = false
  #isUseless: boolean = false

  constructor(letter: Letter, client: pg.PoolClient, deadlineMs: number) {
    this.letter = letter
    this.#client = client
    this.#deadlineMs = deadlineMs
  }

  /** Whether a request of it was not answered, or its connection broke. */
  get isUseless(): boolean {
    return this.#isUseless
  }

  /** Sent when its last request was answered. Never rejects. */
  ask(text: string, values: readonly unknown[] = []): Promise<ProbeAnswer> {
    const answer = this.#turn.then(() => this.#asked(text, values))
    this.#turn = answer
    return answer
  }

  begin(level: Level = 'read committed'): Promise<ProbeAnswer> {
    this.#isInTransaction = true
    return this.ask(`begin isolation level ${level}`)
  }

  /** After an error this is a rollback, and the answer that error. */
  end(how: 'commit' | 'rollback'): Promise<ProbeAnswer> {
    return this.ask(how).then((answer) => {
      this.#isInTransaction = false
      return answer
    })
  }

  /** Ends what is open, if it still can. */
  async tidy(): Promise<void> {
    if (this.#isInTransaction && !this.#isUseless) await this.end('rollback')
  }

  release(): void {
    this.#client.release(this.#isUseless)
  }

  async #asked(text: string, values: readonly unknown[]): Promise<ProbeAnswer> {
    if (this.#isUseless) return { kind: 'broken', message: 'a request before was not answered' }
    try {
      const { rows } = await within(this.#deadlineMs, this.#client.query(text, [...values]))
      return { kind: 'rows', rows }
    } catch (error) {
      const code = codeOf(error) ?? ''
      this.#isUseless = error instanceof NoAnswerError || !SQLSTATE.test(code) || ENDS_SESSION.test(code)
      if (error instanceof NoAnswerError) return { kind: 'late' }
      if (this.#isUseless) return { kind: 'broken', message: reasonOf(error) }
      const constraint = (error as { readonly constraint?: unknown }).constraint
      return {
        kind: 'error',
        code,
        message: reasonOf(error),
        constraint: typeof constraint === 'string' ? constraint : '',
      }
    }
  }
}

/** Nothing can be tried on a server: it lets no three sessions work at once. Its message is a clause. */
export class CannotTryError extends Error {
  override readonly name = 'CannotTryError'
}

/** Three sessions, of which a useless one is replaced before anything else is tried. */
export class ProbeSessions implements AsyncDisposable {
  readonly #pool: MeteredPool
  readonly #deadlineMs: number
  readonly #open = new Map<Letter, ProbeSession>()

  constructor(pool: MeteredPool, deadlineMs: number) {
    this.#pool = pool
    this.#deadlineMs = deadlineMs
  }

  /** Throws `CannotTryError` where one cannot be opened. */
  async three(): Promise<Readonly<Record<Letter, ProbeSession>>> {
    await this.tidy()
    for (const letter of LETTERS) {
      const session = this.#open.get(letter)
      if (session !== undefined && !session.isUseless) continue
      session?.release()
      this.#open.delete(letter)
      const client = await within(this.#deadlineMs, this.#pool.connect()).catch((error: unknown) => {
        throw new CannotTryError(reasonOf(error), { cause: error })
      })
      this.#open.set(letter, new ProbeSession(letter, client, this.#deadlineMs))
    }
    const [A, B, C] = LETTERS.map((letter) => this.#open.get(letter))
    if (A === undefined || B === undefined || C === undefined) throw new Error('three sessions were opened')
    return { A, B, C }
  }

  /** All at once: one may wait for what another one holds. */
  async tidy(): Promise<void> {
    await Promise.all([...this.#open.values()].map((session) => session.tidy()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tidy()
    for (const session of this.#open.values()) session.release()
    this.#open.clear()
  }
}

/** Whether it is answered within this time: a session that waits for a lock is not. */
export async function isAnsweredWithin(patienceMs: number, answer: Promise<ProbeAnswer>): Promise<boolean> {
  const isLate = Symbol('late')
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<symbol>((resolve) => {
    timer = setTimeout(() => resolve(isLate), patienceMs)
  })
  const first = await Promise.race([answer, over])
  clearTimeout(timer)
  return first !== isLate
}
