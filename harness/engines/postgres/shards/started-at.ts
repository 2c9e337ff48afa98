/** Tells servers apart, whatever their addresses: no two of them were started in the same microsecond. */
import pg from 'pg'
import { adminConfig } from '../connection.ts'
import { connectFailure } from '../failures.ts'
import { parsePostgresUrl } from '../url.ts'

export async function startedAt(url: string): Promise<string> {
  const target = parsePostgresUrl(url)
  // Without settings at the start, which a pooler might refuse.
  const client = new pg.Client({ ...adminConfig(target), options: target.options })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ at: string }>('select pg_postmaster_start_time()::text as at')
    return rows[0]?.at ?? ''
  } catch (error) {
    throw connectFailure(target, error)
  } finally {
    await client.end().catch(() => undefined)
  }
}
