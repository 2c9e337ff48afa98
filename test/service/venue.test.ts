/** Goal: a venue is what its file says, or is refused in one sentence. Method: files made by hand. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { resourcesOf, seatCount, VENUES, VenueError, venueFor } from '../../harness/service/venue.ts'

const folder = await mkdtemp(join(tmpdir(), 'holdfast-venue-'))
afterAll(() => rm(folder, { recursive: true }))

const section = { id: 'floor', rows: 2, seats_per_row: 3 }
const event = { id: 'gig', name: 'A gig', sections: [section], classes: [{ id: 'A', capacity: 5 }] }

async function written(content: unknown): Promise<string> {
  const file = join(folder, `${crypto.randomUUID()}.json`)
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

test('a venue from a file sells every seat and class of it, each under a name of its own', async () => {
  const { events } = await venueFor(await written({ events: [event] }))
  const resources = events.flatMap(resourcesOf)
  expect(resources.map(({ id }) => id)).toContain('gig:floor-2-3')
  expect(resources).toHaveLength(7)
  expect(new Set(resources.map(({ id }) => id)).size).toBe(7)
})

test('the stadium has its 80,000 seats', () => {
  expect(VENUES.stadium?.events.map(seatCount)).toEqual([80_000])
})

test.for([
  ['{', 'is not JSON'],
  ['[]', 'describes no venue'],
  [{ events: [] }, 'describes no venue'],
  [{ events: [{ ...event, sections: [{ ...section, rows: 0 }] }] }, 'describes no venue'],
  [{ events: [{ ...event, sections: [{ ...section, rows: -1 }] }] }, 'describes no venue'],
  [{ events: [{ ...event, price: 3 }] }, 'describes no venue'],
  [{ events: [event, event] }, 'two events'],
  [{ events: [{ ...event, classes: [{ id: 'floor', capacity: 1 }] }] }, 'two seats or tiers'],
  [{ events: [{ ...event, sections: [], classes: [] }] }, 'nothing to sell'],
  [{ events: [{ ...event, sections: [{ ...section, rows: 1_000, seats_per_row: 1_000 }] }] }, 'at most'],
] as const)('%j is refused', async ([content, why]) => {
  const refused = await venueFor(await written(content)).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(VenueError)
  expect(String(refused)).toContain(why)
  expect(String(refused)).not.toContain('\n')
})

test('a folder is refused as one', async () => {
  await expect(venueFor(folder)).rejects.toThrow('is a folder, not a JSON file')
})

test('a name that is none, and no file, is refused with those that there are', async () => {
  await expect(venueFor('nowhere')).rejects.toThrow(/small.*stadium/)
})
