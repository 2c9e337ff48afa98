/** What a server is: PostgreSQL, or another product that speaks its protocol. */
import type pg from 'pg'

export interface Product {
  /** With its version: `PostgreSQL 18.4`, `CockroachDB CCL v23.1.11`. */
  readonly name: string
  /** Whether its version is a version of PostgreSQL, and says what it has. */
  readonly isPostgres: boolean
}

export async function readProduct(admin: pg.Pool): Promise<Product> {
  const { rows } = await admin.query<{ version: string }>('select version() as version')
  return productIn(rows[0]?.version ?? '')
}

/** `version`: what the function of this name answers. YugabyteDB's begins with PostgreSQL's name. */
function productIn(version: string): Product {
  const name = version.split(/ on | \(|,/)[0]?.trim() ?? ''
  return {
    name: name === '' ? 'a product without a name' : name,
    isPostgres: name.startsWith('PostgreSQL ') && !name.includes('-YB-'),
  }
}

/** What a reader of a verdict must know of it, as clauses. */
export function caveatsOfProduct({ name, isPostgres }: Product): readonly string[] {
  if (isPostgres) return []
  return [
    `it is ${name}, which speaks PostgreSQL's protocol: what strategies rely on was tried on it, and nothing else is known of it here`,
  ]
}
