/** Rooms of a hotel in Knex: a room has one guest a night. */
import type { Knex } from 'knex'

export const TABLES = `
  create table room (id integer primary key);
  create table booking (room integer not null, night date not null, guest text not null)`

interface Booking {
  readonly room: number
  readonly night: string
  readonly guest: string
}

/** There is no booking yet that could be locked, so the room is: its next booking waits for this one. */
export function book(db: Knex, booking: Booking): Promise<boolean> {
  return db.transaction(async (trx) => {
    await trx('room').where({ id: booking.room }).forUpdate()
    return await bookIfFree(trx, booking)
  })
}

/** A transaction alone does not help: neither guest sees what the other has not committed. */
export function bookNaively(db: Knex, booking: Booking): Promise<boolean> {
  return db.transaction((trx) => bookIfFree(trx, booking))
}

async function bookIfFree(trx: Knex, { room, night, guest }: Booking): Promise<boolean> {
  const taken = await trx('booking').where({ room, night })
  if (taken.length > 0) return false
  await trx('booking').insert({ room, night, guest })
  return true
}
