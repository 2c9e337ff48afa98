/**
 * A client that stops between two steps for as long as it likes: a collector, a throttled container, a closed
 * laptop. The pause is put between a strategy and its engine, by a connection that holds one command back; no
 * strategy knows.
 */
import type { Redis } from 'ioredis'
import { Kysely } from 'kysely'
import type pg from 'pg'
import { gate } from '../../harness/conformance/subject.ts'
import { LentDialect, type StatementClient } from '../../harness/engines/postgres/lent-dialect.ts'
import { textsOf } from '../../harness/engines/postgres/statement.ts'

export interface Pause {
  /** Whether the client has come to the step and stands still there. */
  isReached(): boolean
  /** Lets it go on. */
  end(): void
}

/** Statements of PostgreSQL are held back while they match, the first time only. */
export function pausingPostgres(pool: pg.Pool, at: RegExp): Pause & { readonly postgres: Kysely<unknown> } {
  const { pause, hold } = once()
  const dialect = new LentDialect({
    async connect() {
      const client = (await pool.connect()) as unknown as StatementClient
      return {
        query: async (statement) => {
          // What travels together is held back together: there is nothing between its parts to stop at.
          if (textsOf(statement).some((text) => at.test(text))) await hold()
          return client.query(statement)
        },
        release: () => client.release(),
      }
    },
  })
  return { ...pause, postgres: new Kysely<unknown>({ dialect }) }
}

/** Commands of Redis are held back while their name and arguments match, the first time only. */
export function pausingRedis(client: Redis, at: RegExp): Pause & { readonly redis: Redis } {
  const { pause, hold } = once()
  const redis = new Proxy(client, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return async (...args: unknown[]) => {
        if (at.test(`${String(name)} ${args.join(' ')}`)) await hold()
        return member.apply(target, args)
      }
    },
  })
  return { ...pause, redis }
}

function once(): { readonly pause: Pause; readonly hold: () => Promise<void> } {
  const { arrivals, pass, open } = gate()
  return {
    pause: { isReached: () => arrivals() > 0, end: open },
    // Only the first is held back; those that come later find the gate as it is for everybody.
    hold: () => (arrivals() === 0 ? pass() : Promise.resolve()),
  }
}
