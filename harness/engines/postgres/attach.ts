/** Connections to a namespace of PostgreSQL that another process has created and will drop. */
import type { AttachedNamespace } from '../engine.ts'
import { type PostgresAttachment, throughProxy } from './connection.ts'
import { lentFrom } from './lent.ts'
import { openPool } from './namespace.ts'
import { parsePostgresUrl } from './url.ts'

export async function attach(attachment: unknown): Promise<AttachedNamespace> {
  const { url, pooling, prepares, sets, proxy, ...on } = attachment as PostgresAttachment
  const target = throughProxy({ ...parsePostgresUrl(url), pooling, prepares, sets }, proxy)
  const pool = await openPool(target, on)
  return {
    ...lentFrom(pool),
    async [Symbol.asyncDispose]() {
      await pool.endOrCut()
    },
  }
}
