/**
 * Goal: the core keeps its invariants whatever happens: limits at every call, calls in the order of numbers, nobody lost, and a length
 * that counts the living only. Method: random visitors, settings and clocks (fast-check), a plain account beside the queue; and the
 * cases that other rooms got wrong, one by one.
 */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawFault, drawKey, newSeed } from '../../shop/waiting-room/queue/draw.ts'
import { estimateOf, positionOf } from '../../shop/waiting-room/queue/position.ts'
import { Queue } from '../../shop/waiting-room/queue/queue.ts'
import { GAP_MS, MINUTE_MS, type MoveAnswer } from '../../shop/waiting-room/queue/room.ts'
import { steered } from '../../shop/waiting-room/queue/steering.ts'
import { memoryRoom } from '../../shop/waiting-room/stores/memory-room.ts'
import { LIMITS, placeName, RULES, SEED, visitor } from './rooms.ts'

const STEP = { kind: 'step' } as const
const enter = (at: number) => ({ kind: 'enter', place: placeName(at) }) as const
const leave = (at: number) => ({ kind: 'leave', place: placeName(at) }) as const
const numbersOf = ({ called }: MoveAnswer) => called.map(({ number }) => number)

/** A queue with a clock that a test moves; small moves, so that the clock counts as one that goes on. */
class Clocked {
  nowMs = 1_000_000
  readonly queue: Queue
  constructor(rules: Partial<typeof RULES> = {}, limits: Partial<typeof LIMITS> = {}) {
    this.queue = new Queue({ ...RULES, ...rules }, { ...LIMITS, ...limits }, this.nowMs)
  }
  join = (at: number, identity?: string) => this.queue.join(visitor(at, identity), this.nowMs)
  move = (move: Parameters<Queue['move']>[0] = STEP) => this.queue.move(move, this.nowMs)
  look = (at: number) => this.queue.look(placeName(at), this.nowMs)
  get length(): number {
    return this.queue.figures(this.nowMs).length
  }
  /** Answers what the last step did, or the first that called somebody. */
  wait(ms: number): MoveAnswer {
    const until = this.nowMs + ms
    let answer = this.move()
    while (this.nowMs < until) {
      this.nowMs = Math.min(until, this.nowMs + GAP_MS / 5)
      const next = this.move()
      if (next.called.length + next.ended.length > 0) answer = next
    }
    return answer
  }
}

describe('any history', () => {
  const event = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('join' as const), at: fc.nat(30) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('enter' as const), at: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), at: fc.nat(30) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 4_000 }) }),
    },
    // A clock that was set, forwards or back.
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('clock' as const), ms: fc.integer({ min: -9e6, max: 9e6 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('door' as const),
        door: fc.constantFrom('queue' as const, 'closed' as const),
      }),
    },
  )
  const rules = fc.record({
    order: fc.constantFrom('fifo' as const, 'lottery' as const),
    opensInMs: fc.constantFrom(0, 6_000),
    awayMs: fc.constantFrom(0, 5_000),
    comeMs: fc.constantFrom(1_500, 60_000),
    insideMs: fc.constantFrom(3_000, 600_000),
  })
  const limits = fc.record({
    activeMax: fc.integer({ min: 1, max: 4 }),
    perMinute: fc.constantFrom(0, 3, 90),
  })

  test('keeps the limits, the order, and a length of the living', () => {
    fc.assert(
      fc.property(rules, limits, fc.array(event, { maxLength: 80 }), (ownRules, ownLimits, events) => {
        const room = new Clocked(ownRules, ownLimits)
        const entered: number[] = []
        const ended = new Set<string>()
        let places = 0
        let realMs = 0
        let last = 0
        const all: { place: string; identity: string }[] = []
        for (const each of events) {
          let answer: MoveAnswer | undefined
          if (each.kind === 'join') {
            const joined = room.queue.join(visitor(places, `person ${each.at}`), room.nowMs)
            if (joined.kind === 'joined' && joined.isNew)
              all.push({ place: placeName(places++), identity: `person ${each.at}` })
          } else if (each.kind === 'enter') {
            const place = all.find(
              ({ place: id }) => room.queue.look(id, room.nowMs).kind === 'called',
            )?.place
            if (place !== undefined) {
              answer = room.queue.move({ kind: 'enter', place }, room.nowMs)
              if (answer.view.kind === 'inside') entered.push(realMs)
            }
          } else if (each.kind === 'leave') answer = room.move(leave(each.at))
          else if (each.kind === 'door') room.queue.set({ door: each.door }, room.nowMs)
          else {
            room.nowMs += each.ms
            if (each.kind === 'time') realMs += each.ms
            answer = room.move()
          }
          for (const { number } of answer?.called ?? []) {
            expect(number).toBeGreaterThan(last)
            last = number
          }
          for (const { place } of answer?.ended ?? []) {
            expect(ended.has(place)).toBe(false)
            ended.add(place)
          }
          const { called, inside, length } = room.queue.figures(room.nowMs)
          expect(called + inside).toBeLessThanOrEqual(ownLimits.activeMax)
          const views = all.map(({ place }) => room.queue.look(place, room.nowMs))
          const waiting = views.filter(({ kind }) => kind === 'waiting' || kind === 'entrant').length
          // Those who are away and not swept yet are not in the length either.
          expect(length).toBeLessThanOrEqual(waiting)
          if (ownRules.awayMs === 0) expect(length).toBe(waiting)
          expect(views.filter(({ kind }) => kind === 'unknown')).toEqual([])
          expect(views.filter(({ kind }) => kind === 'ended')).toHaveLength(ended.size)
          // In real time, whatever the clock said: it may be set by less than a gap before that is noticed.
          if (ownLimits.perMinute > 0) {
            const recent = entered.filter((ms) => ms > realMs - MINUTE_MS + GAP_MS * events.length)
            expect(recent.length).toBeLessThanOrEqual(ownLimits.perMinute)
          }
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('a place', () => {
  test('is called in turn, entered, and left; the next is called in the same move', () => {
    const room = new Clocked()
    for (const at of [0, 1, 2, 3]) expect(room.join(at)).toMatchObject({ kind: 'joined', isNew: true })
    expect(numbersOf(room.move())).toEqual([1, 2])
    expect(room.move(enter(2)).view).toEqual({ kind: 'waiting', number: 3 })
    expect(room.move(enter(0)).view).toMatchObject({ kind: 'inside', number: 1 })
    // Sent again: the same admission.
    expect(room.move(enter(0)).view).toMatchObject({ kind: 'inside', number: 1 })
    expect(numbersOf(room.move(leave(0)))).toEqual([3])
    expect(room.move(enter(0)).view).toEqual({ kind: 'ended', why: 'left' })
    expect(room.length).toBe(1)
  })

  test('that does not come is passed over, and the next is called in the same moment', () => {
    const room = new Clocked({ comeMs: 10_000 })
    for (const at of [0, 1, 2]) room.join(at)
    room.move()
    room.move(enter(1))
    const answer = room.wait(10_000)
    expect(answer.ended).toEqual([{ place: placeName(0), why: 'passed-over' }])
    expect(numbersOf(answer)).toEqual([3])
    expect(room.move(enter(0)).view).toEqual({ kind: 'ended', why: 'passed-over' })
  })

  test('replaced is no addition to the pace of a minute', () => {
    const room = new Clocked({ comeMs: 500 }, { activeMax: 1, perMinute: 60 })
    for (const at of [0, 1]) room.join(at)
    room.move()
    room.nowMs += 500
    expect(numbersOf(room.move())).toEqual([2])
  })

  test('runs out inside, and nobody extends it', () => {
    const room = new Clocked({ insideMs: 20_000 }, { activeMax: 1 })
    room.join(0)
    room.move()
    room.move(enter(0))
    room.wait(10_000)
    room.move(enter(0))
    expect(room.look(0)).toMatchObject({ leftMs: 10_000 })
    expect(room.wait(10_000).ended).toEqual([{ place: placeName(0), why: 'ran-out' }])
    expect(room.queue.insideMs(placeName(0), room.nowMs)).toBe(0)
  })

  test('is one per identity, whichever browser asks; and may be had again when it has ended', () => {
    const room = new Clocked()
    expect(room.join(0, 'ada')).toMatchObject({ place: placeName(0), isNew: true })
    expect(room.join(1, 'ada')).toMatchObject({ place: placeName(0), isNew: false })
    expect(room.queue.join({ ...visitor(2, 'ada'), binding: 'another' }, room.nowMs)).toEqual({
      kind: 'taken',
    })
    room.move(leave(0))
    expect(room.join(3, 'ada')).toMatchObject({ place: placeName(3), isNew: true })
  })

  test('of one who went away is not in the length, before it is swept and after', () => {
    const room = new Clocked({ awayMs: 30_000 }, { activeMax: 1 })
    for (const at of [0, 1, 2]) room.join(at)
    room.move()
    for (let at = 0; at < 29; at++) room.wait(1_000)
    room.queue.look(placeName(2), room.nowMs, true)
    room.nowMs += 1_500
    expect(room.length).toBe(1)
    expect(room.move().ended).toEqual([{ place: placeName(1), why: 'away' }])
    expect(room.length).toBe(1)
    expect(positionOf(3, room.queue.figures(room.nowMs))).toBe(1)
  })

  test('is kept while the room stands still, whatever the clock says afterwards', () => {
    for (const byMs of [3_600_000, -3_600_000]) {
      const room = new Clocked({ comeMs: 10_000, awayMs: 30_000, insideMs: 60_000 })
      for (const at of [0, 1, 2]) room.join(at)
      room.move()
      room.move(enter(0))
      room.nowMs += byMs
      expect(room.move()).toMatchObject({ ended: [], called: [] })
      expect(room.look(0)).toMatchObject({ kind: 'inside', leftMs: 60_000 })
      expect(room.look(1)).toMatchObject({ kind: 'called', leftMs: 10_000 })
      expect(room.look(2)).toMatchObject({ kind: 'waiting' })
    }
  })
})

describe('the door', () => {
  test('closed: nobody joins, nobody is called; those in line stay', () => {
    const room = new Clocked({}, { activeMax: 1 })
    room.join(0)
    room.queue.set({ door: 'closed' }, room.nowMs)
    expect(room.join(1)).toEqual({ kind: 'closed' })
    expect(numbersOf(room.move())).toEqual([])
    room.queue.set({ door: 'queue' }, room.nowMs)
    expect(numbersOf(room.move())).toEqual([1])
  })

  test('stock that is gone refuses at once, stock that is held makes the line stand still', () => {
    const room = new Clocked()
    room.join(0)
    room.queue.set({ stock: 'held' }, room.nowMs)
    expect(room.join(1)).toMatchObject({ kind: 'joined' })
    expect(numbersOf(room.move())).toEqual([])
    room.queue.set({ stock: 'gone' }, room.nowMs)
    expect(room.join(2)).toEqual({ kind: 'sold-out' })
  })

  test('limits change while it works: a lower one lets nobody in until there is room', () => {
    const room = new Clocked({}, { activeMax: 3 })
    for (let at = 0; at < 6; at++) room.join(at)
    room.move()
    room.queue.set({ activeMax: 1 }, room.nowMs)
    expect(numbersOf(room.move(leave(0)))).toEqual([])
    expect(numbersOf(room.move(leave(1)))).toEqual([])
    expect(numbersOf(room.move(leave(2)))).toEqual([4])
  })
})

describe('a lottery', () => {
  test('orders those who came before the opening by the seed alone, and later ones behind', () => {
    const seed = newSeed()
    const room = new Clocked({ order: 'lottery', opensInMs: 4_000, seed }, { activeMax: 100 })
    for (let at = 0; at < 20; at++) {
      const place = placeName(at)
      room.queue.join({ place, identity: place, binding: place, draw: drawKey(seed, place) }, room.nowMs)
    }
    expect(room.move().called).toEqual([])
    room.nowMs += 4_000
    // The first to come when it is open, before anything has moved.
    expect(room.join(20)).toMatchObject({ kind: 'joined' })
    const { called } = room.move()
    expect(called).toHaveLength(21)
    expect(called.at(-1)).toEqual({ place: placeName(20), number: 21 })
    const drawn = room.queue.drawn(0, 100)
    expect(drawn).toEqual(called.slice(0, 20))
    const commitment = createHash('sha256').update(Buffer.from(seed, 'hex')).digest('hex')
    expect(drawFault(commitment, seed, drawn)).toBeUndefined()
    expect(drawFault(commitment, SEED, drawn)).toContain('committed')
    const [first, second] = drawn
    const swapped = [
      { ...first, place: second?.place },
      { ...second, place: first?.place },
      ...drawn.slice(2),
    ]
    expect(drawFault(commitment, seed, swapped as typeof drawn)).toContain('should be before')
  })
})

test('an estimate says more the more was seen, and nothing while too little was', () => {
  const seen = (calls: number, seconds: number) => [
    { atMs: 0, calledNumber: 0 },
    { atMs: seconds * 1_000, calledNumber: calls },
  ]
  expect(estimateOf(100, seen(2, 60))).toBeUndefined()
  const few = estimateOf(100, seen(10, 60)) ?? expect.fail('no estimate')
  const many = estimateOf(100, seen(1_000, 6_000)) ?? expect.fail('no estimate')
  expect(few.seconds).toBeCloseTo(600)
  expect(many.seconds).toBeCloseTo(600)
  expect(few.high - few.low).toBeGreaterThan(many.high - many.low)
})

test('a limit is lowered quickly, raised slowly, and kept where nothing was seen', () => {
  const target = { p99Ms: 100, activeMin: 10, activeMax: 400 }
  expect(steered(100, { p99Ms: 110, count: 500, active: 100 }, target)).toBe(75)
  expect(steered(100, { p99Ms: 160, count: 500, active: 100 }, target)).toBe(62)
  expect(steered(100, { p99Ms: 900, count: 500, active: 100 }, target)).toBe(50)
  expect(steered(100, { p99Ms: 50, count: 500, active: 100 }, target)).toBe(105)
  expect(steered(100, { p99Ms: 50, count: 500, active: 20 }, target)).toBe(100)
  expect(steered(100, { p99Ms: 90, count: 500, active: 100 }, target)).toBe(100)
  expect(steered(100, { p99Ms: 900, count: 5, active: 100 }, target)).toBe(100)
  expect(steered(11, { p99Ms: 900, count: 500, active: 11 }, target)).toBe(10)
  expect(steered(400, { p99Ms: 1, count: 500, active: 400 }, target)).toBe(400)
  // What few see says that few are too many; what many see who are still inside says nothing of a lower limit.
  expect(steered(100, { p99Ms: 110, count: 500, active: 40 }, target)).toBe(30)
  expect(steered(75, { p99Ms: 150, count: 500, active: 90 }, target)).toBe(75)
})

test('a limit settles near what the backend carries, though those inside leave slowly', () => {
  // p99 grows by 5 ms with each of those inside: 40 of them are at the target.
  const target = { p99Ms: 200, activeMin: 1, activeMax: 150 }
  let [limit, active] = [150, 150]
  const seen: number[] = []
  for (let period = 0; period < 80; period++) {
    limit = steered(limit, { p99Ms: 5 * active, count: 500, active }, target)
    active = active > limit ? Math.max(limit, Math.floor(active * 0.9)) : limit
    seen.push(limit)
  }
  expect(Math.min(...seen)).toBeGreaterThanOrEqual(30)
  expect(Math.max(...seen.slice(40))).toBeLessThanOrEqual(44)
})

test('a number set by hand is the most to which a limit is steered, until it is set again', async () => {
  let nowMs = 1_000_000
  const store = memoryRoom(RULES, { activeMax: 10, perMinute: 0 }, () => nowMs)
  await store.set({ targetMs: 100, activeMax: 200 })
  const limits = async () => {
    const { activeMax, activeMost, targetMs } = await store.figures()
    return { activeMax, activeMost, targetMs }
  }
  expect(await limits()).toEqual({ activeMax: 10, activeMost: 200, targetMs: 100 })
  const steer = async (to: number) => {
    nowMs += 60_000
    return store.steer({ from: (await limits()).activeMax, to, periodMs: 2_000 })
  }
  expect(await steer(150)).toBe(true)
  await store.set({ activeMax: 40 })
  expect(await limits()).toEqual({ activeMax: 40, activeMost: 40, targetMs: 100 })
  expect(await steer(41)).toBe(false)
  expect(await steer(20)).toBe(true)
  expect(await steer(40)).toBe(true)
  await steer(20)
  await store.set({ targetMs: 0 })
  expect(await limits()).toEqual({ activeMax: 40, activeMost: 40, targetMs: 0 })
  // Nobody is let in, and then steering begins again.
  await store.set({ activeMax: 0 })
  await store.set({ targetMs: 100, activeMax: 300 })
  expect(await limits()).toEqual({ activeMax: 10, activeMost: 300, targetMs: 100 })
})
