/** Connections to a namespace of PostgreSQL that another process has made and will drop. */
import type { Attached } from '../engine.ts'
import type { Pooling } from './connection.ts'
import { lentFrom } from './lent.ts'
import { openPool } from './namespace.ts'
import { parsePostgresUrl } from './url.ts'

/** With a password: for handing on, never for printing. */
export interface PostgresAttachment {
  readonly url: string
  readonly pooling: Pooling
  readonly schema: string
  /** Connections of the process that attaches. */
  readonly poolSize: number
}

export async function attach(attachment: unknown): Promise<Attached> {
  const { url, pooling, ...on } = attachment as PostgresAttachment
  const pool = await openPool({ ...parsePostgresUrl(url), pooling }, on)
  return {
    ...lentFrom(pool),
    async [Symbol.asyncDispose]() {
      await pool.endOrCut()
    },
  }
}
