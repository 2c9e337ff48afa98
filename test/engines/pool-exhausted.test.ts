/** Goal: a pool to which nothing is released is named. Method: a namespace with one connection, which is held. */
import { expect, test } from 'vitest'
import type { PostgresNamespace } from '../../harness/engines/postgres/namespace.ts'
import { withEngines } from '../with-engines.ts'

const opened = await withEngines(['postgres'])

test('a caller that waits too long for a connection learns that all of them were held', async () => {
  const namespace = await opened.engines.postgres?.openNamespace({ label: 'exhausted', poolSize: 1 })
  if (namespace === undefined) throw new Error('there is no PostgreSQL here')
  const { pool } = namespace as PostgresNamespace
  pool.options.connectionTimeoutMillis = 100
  const kept = await pool.connect()
  try {
    await expect(pool.query('select')).rejects.toThrow(
      'every connection of the pool (1) was held while 1 call waited for one',
    )
  } finally {
    kept.release()
    await namespace[Symbol.asyncDispose]()
  }
})
