/** A Knex instance on the connections of a pool that it did not make. */
import { createRequire } from 'node:module'
import type { Knex } from 'knex'
import type pg from 'pg'
import { MissingPackagesError, missingPart } from '../../optional-packages.ts'

type Library = typeof import('knex')

/** What the library calls of its own client to get a connection, and to give it back. */
interface Lending {
  acquireConnection(): Promise<unknown>
  releaseConnection(connection: pg.PoolClient): Promise<void>
}

/** Throws `MissingPackagesError` where Knex is not installed. */
export function knexOn(pool: pg.Pool): Knex {
  const instance = library().knex({ client: 'pg' })
  let taken = 0
  const lending: Lending = {
    // The library tells connections apart by this mark, which its own pool would have set.
    acquireConnection: async () => Object.assign(await pool.connect(), { __knexUid: `lent-${++taken}` }),
    releaseConnection: async (connection) => connection.release(),
  }
  Object.assign(instance.client as object, lending)
  return instance
}

/** Loaded here and not at the top: few test bodies use it, and it may not be installed. */
function library(): Library {
  try {
    return createRequire(import.meta.url)('knex') as Library
  } catch (error) {
    const part = missingPart(error)
    throw part === undefined ? error : new MissingPackagesError(part, error)
  }
}
