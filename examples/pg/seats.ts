/** Seats in plain pg: a purchase locks the row, so that no other can come between its check and its write. */
import type { Pool } from 'pg'

export const TABLES = 'create table seat (id integer primary key, buyer text)'

export async function buySeat(pool: Pool, id: number, buyer: string): Promise<boolean> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const { rows } = await client.query('select buyer from seat where id = $1 for update', [id])
    const isFree = rows[0]?.buyer === null
    if (isFree) await client.query('update seat set buyer = $1 where id = $2', [buyer, id])
    await client.query('commit')
    return isFree
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

/** As it is often written: between the check and the write, another buyer can do the same. */
export async function buySeatNaively(pool: Pool, id: number, buyer: string): Promise<boolean> {
  const { rows } = await pool.query('select buyer from seat where id = $1', [id])
  if (rows[0]?.buyer !== null) return false
  await pool.query('update seat set buyer = $1 where id = $2', [buyer, id])
  return true
}
