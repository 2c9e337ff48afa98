/**
 * Goal: the model of an onsale loses no buyer, and counts what it says. Method: a service in made-up time, which
 * carries out requests as a strategy would that answers at once.
 */
import { expect, it } from 'vitest'
import { Fenwick } from '../../experiments/fenwick.ts'
import { OnsaleCrowd, type OnsaleRequest, type Reception } from '../../experiments/onsale-crowd.ts'
import { Random } from '../../harness/workloads/random.ts'
import type { CrowdRecord } from '../../harness/workloads/workload.ts'

const UNITS = 200
const SLOTS = 8
/** So that the service sells 400 a second. */
const WORK_MS = 20
const ALL_WAIT: Reception = { backlogMax: 4_096 }
const ROOM: Reception = { ...ALL_WAIT, activeMax: 3 * SLOTS }
const END_MS = 30_000

interface Slot {
  request: OnsaleRequest
  untilMs: number
}

/** A hold of somebody who has gone comes back after a second, as in the workload. */
function played(reception: Reception, arrivalsPerSecond: number, seed = 1): CrowdRecord {
  const random = new Random(seed, 'crowd')
  const crowd = new OnsaleCrowd({ reception, random, arrivalsPerSecond, arrivingMs: 1_000, units: UNITS })
  const slots: (Slot | undefined)[] = Array.from({ length: SLOTS }, () => undefined)
  const backMs: number[] = []
  let free = UNITS
  for (let nowMs = 0; !crowd.isOver; nowMs++) {
    expect(nowMs, 'somebody never hears anything').toBeLessThan(END_MS)
    crowd.advance(nowMs)
    while ((backMs[0] ?? Number.POSITIVE_INFINITY) <= nowMs) {
      backMs.shift()
      free += 1
    }
    for (const [at, slot] of slots.entries()) {
      if (slot !== undefined && slot.untilMs > nowMs) continue
      if (slot !== undefined) {
        const isBought = slot.request.isWaitedFor
        if (!isBought) backMs.push(nowMs + 1_000)
        crowd.answer(slot.request, isBought, nowMs)
      }
      slots[at] = undefined
      const request = crowd.take()
      if (request === undefined) continue
      if (free > 0) {
        free -= 1
        slots[at] = { request, untilMs: nowMs + WORK_MS }
      } else crowd.answer(request, false, nowMs)
    }
  }
  return crowd.record()
}

it('behind a room all is sold, almost in order, and everybody is told, whatever the demand', () => {
  for (const perSecond of [200, 800, 20_000]) {
    const record = played(ROOM, perSecond)
    expect(record.sold).toBe(Math.min(UNITS, perSecond))
    expect(record.sold + record.refused).toBe(record.buyers)
    expect(record.inVain).toBe(0)
    expect(record.inversions).toBeLessThanOrEqual(record.pairs * 0.01)
  }
})

it('without one, and with more buyers than it serves within their patience, work is done for nobody', () => {
  const few = played(ALL_WAIT, 200)
  expect(few).toMatchObject({ sold: 200, inVain: 0, turnedAway: 0 })
  const many = played(ALL_WAIT, 20_000)
  expect(many.inVain).toBeGreaterThan(0)
  expect(many.turnedAway).toBeGreaterThan(0)
  expect(many.sold + many.refused).toBeLessThan(many.buyers)
})

it('one that says that it is busy works for those who wait, and lets others pass them', () => {
  const record = played({ backlogMax: 2 * SLOTS }, 20_000)
  expect(record).toMatchObject({ sold: UNITS, inVain: 0 })
  expect(record.inversions).toBeGreaterThan(record.pairs * 0.1)
})

it('the same seed brings the same buyers', () => {
  expect(played(ROOM, 800, 7)).toEqual(played(ROOM, 800, 7))
  expect(played(ROOM, 800, 7).knownMs).not.toEqual(played(ROOM, 800, 8).knownMs)
})

it('counts those below as a list would', () => {
  const random = new Random(3, 'fenwick')
  const tree = new Fenwick(100)
  const list: number[] = []
  for (const number of random.shuffled(Array.from({ length: 100 }, (_, at) => at))) {
    expect(tree.below(number)).toBe(list.filter((each) => each < number).length)
    tree.add(number)
    list.push(number)
  }
})
