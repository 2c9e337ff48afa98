/** Goal: who has the first picture and every delta sees what the store says. Method: a strategy in memory, and a listener. */
import { expect, test } from 'vitest'
import { resourceOf, resourcesOf, type Venue } from '../../harness/service/venue.ts'
import { ShopCatalogue } from '../../shop/catalogue.ts'
import { AVAILABLE, type BoardMessage, SeatBoard } from '../../shop/web/seat-board.ts'
import { holdId, withValidation } from '../../strategies/validation.ts'
import { until } from '../service/serving.ts'
import { inMemory } from '../workloads/in-memory.ts'

const venue: Venue = {
  events: [{ id: 'gig', name: 'A gig', sections: [{ id: 'floor', rows: 5, seats_per_row: 5 }], classes: [] }],
}
const SEATS = 25
const HELD = 1

const dataOf = ({ frame }: BoardMessage) => /data: (.*)\n\n$/.exec(frame.toString())?.[1] ?? ''
const unpacked = (bytes: Buffer) =>
  Array.from({ length: SEATS }, (_, at) => ((bytes[at >> 2] ?? 0) >> ((at & 3) * 2)) & 3)

test('the whole map and its deltas are the bitmap', async () => {
  const strategy = withValidation(inMemory({ nowMs: Date.now }))
  for (const event of venue.events) await strategy.createResources(resourcesOf(event))
  const [event] = new ShopCatalogue(venue).events
  if (event === undefined) throw new Error('there is no event')
  await using board = new SeatBoard(event, strategy, () => undefined)
  const seen: BoardMessage[] = []
  using _listening = await board.listen((message) => seen.push(message))
  const picture = unpacked(Buffer.from(dataOf(seen[0] ?? expect.fail('nothing came')), 'base64'))
  expect(picture).toEqual(Array(SEATS).fill(AVAILABLE))
  const lines = [{ resourceId: resourceOf('gig', 'floor-2-3'), quantity: 1 }]
  await strategy.hold({ holdId: holdId('somebody'), lines, ttlMs: 60_000 })
  await until(async () => seen.some(({ event: kind }) => kind === 'delta'))
  for (const message of seen.filter(({ event: kind }) => kind === 'delta')) {
    const changed = JSON.parse(dataOf(message)) as number[]
    for (let at = 0; at < changed.length; at += 2) picture[changed[at] ?? 0] = changed[at + 1] ?? 0
  }
  expect(picture[event.indexOf('floor-2-3') ?? -1]).toBe(HELD)
  expect(unpacked(await board.bitmap())).toEqual(picture)
  // One who comes now has the same at once.
  const later: BoardMessage[] = []
  using _other = await board.listen((message) => later.push(message))
  expect(unpacked(Buffer.from(dataOf(later[0] ?? expect.fail('nothing came')), 'base64'))).toEqual(picture)
})
