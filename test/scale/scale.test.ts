/**
 * Goal: docs/scale.md follows from what was measured. Method: its generated part is compared with the study and the documents;
 * the bytes of the arithmetic with those that the shop's seat map sends.
 */
import { expect, test } from 'vitest'
import { resourceOf } from '../../harness/service/venue.ts'
import { SeatBoard } from '../../shop/web/seat-board.ts'
import type { ResourceId } from '../../strategies/strategy.ts'
import { changeBytes, INSIDE_AT_ONCE, mapBytes, ONSALE, SEATS_PER_SECOND, sellingOf } from './arithmetic.ts'
import { scaleTold, scaleToTell } from './document.ts'

test('the page is current: npm run scale fixes it', async () => {
  expect(scaleTold()).toBe(await scaleToTell())
})

test('a page without the marks is refused', async () => {
  await expect(scaleToTell('# Scale')).rejects.toThrow('docs/scale.md has no')
})

test('a seat map is as many bytes as the shop sends', async () => {
  const { seats: count } = ONSALE
  const taken = new Set<string>()
  const seats = Array.from({ length: count }, (_, at) => `seat-${at}`)
  const event = { id: 'e', seats, tiers: [], indexOf: () => undefined }
  const strategy = {
    availability: async (ids: readonly ResourceId[]) =>
      ids.map((resourceId) => ({ resourceId, available: taken.has(resourceId) ? 0 : 1 })),
  }
  await using board = new SeatBoard(event as never, strategy, (error) => {
    throw error
  })
  const sent: string[] = []
  const { promise: changed, resolve } = Promise.withResolvers<string>()
  using _listening = await board.listen(({ event: kind, frame }) => {
    const [, data = ''] = /^data: (.*)$/m.exec(frame.toString()) ?? []
    if (kind === 'all') sent.push(data)
    if (kind === 'delta') resolve(data)
  })
  expect(sent.map(({ length }) => length)).toEqual([mapBytes(count)])
  // Every hundredth seat, so that their numbers are as long as those of all on average.
  const some = seats.filter((_, at) => at % 100 === 50)
  for (const name of some) taken.add(resourceOf('e', name))
  const delta = await changed
  const each = (delta.length - 1) / (JSON.parse(delta).length / 2)
  expect(each).toBeCloseTo(changeBytes(count), 1)
})

test('the arithmetic is that of its units', () => {
  const figures = { salesPerSecond: 500, salesPerCpuSecond: 250, connectionMs: 12, answersPerSecond: 1_000 }
  expect(sellingOf(figures)).toEqual({
    soldAfterS: 100,
    cpuS: 200,
    processors: SEATS_PER_SECOND / 250,
    connections: 1,
    allAnsweredAfterS: 10_000,
    machines: 167,
  })
  expect(INSIDE_AT_ONCE).toBe(20_000)
  expect(mapBytes(80_000)).toBe(26_668)
})
