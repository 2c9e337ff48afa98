import { EXPLORED, exploring } from 'holdfast/vitest'
import { expect, test } from 'vitest'
import { book, bookNaively, TABLES } from './rooms.ts'

const explore = exploring({
  engines: ['postgres'],
  setup: ({ pg }) => pg.query(TABLES),
  before: (client) => client.knex()('room').insert({ id: 7 }),
})

const bookedOnce = (reserve: typeof book) =>
  explore(async ({ client }) => {
    const guests = ['alice', 'bob']
    const booked = await Promise.all(
      guests.map((guest) => reserve(client(guest).knex(), { room: 7, night: '2026-12-31', guest })),
    )
    expect(booked.filter(Boolean)).toHaveLength(1)
  })

test('a room has one guest a night', EXPLORED, () => bookedOnce(book))

test.fails('a room has one guest a night, with a transaction alone', EXPLORED, () => bookedOnce(bookNaively))
