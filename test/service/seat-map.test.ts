import { expect, test } from 'vitest'
import { READINGS_MAX, type ReadAvailability, SeatMaps } from '../../harness/service/seat-map.ts'
import { venueFor } from '../../harness/service/venue.ts'

async function setUp(ageMsMax: number) {
  const [event] = (await venueFor('small')).events
  if (event === undefined) expect.fail('there is no event')
  const waiting: (() => void)[] = []
  const read: ReadAvailability = async (ids) => {
    await new Promise<void>((resolve) => waiting.push(resolve))
    return ids.map((resourceId) => ({ resourceId, available: 1 }))
  }
  const release = (): void => {
    for (const each of waiting.splice(0)) each()
  }
  return { event, waiting, release, maps: new SeatMaps(read, ageMsMax) }
}

test('reads the store for each request without a cache, but for a limited number at once', async () => {
  const { event, waiting, release, maps } = await setUp(0)
  const within = Array.from({ length: READINGS_MAX }, () => maps.of(event))
  expect(waiting).toHaveLength(READINGS_MAX)
  await expect(maps.of(event)).rejects.toMatchObject({ kind: 'overloaded' })
  expect(waiting).toHaveLength(READINGS_MAX)

  release()
  await Promise.all(within)
  const later = maps.of(event)
  release()
  await expect(later).resolves.toMatchObject({ json: expect.stringContaining(event.id) })
})

test('reads once for all who ask meanwhile, with a cache', async () => {
  const { event, waiting, release, maps } = await setUp(60_000)
  const all = Array.from({ length: 2 * READINGS_MAX }, () => maps.of(event))
  expect(waiting).toHaveLength(1)
  release()
  expect(new Set(await Promise.all(all)).size).toBe(1)
})
