/**
 * Goal: a room is the same wherever it is kept. Method: random visitors and moves at the core and at a store (fast-check), compared
 * answer by answer; then what time does, and a clock that is set, on the real engines.
 */
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Move, RoomLimits, RoomRules, RoomStore } from '../../shop/waiting-room/queue/room.ts'
import { memoryRoom } from '../../shop/waiting-room/stores/memory-room.ts'
import { openRoom, ROOM_ENGINES, type RoomEngine } from '../../shop/waiting-room/stores/room-stores.ts'
import type { Connections } from '../../strategies/registry.ts'
import { FULL, isFull } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { LIMITS, placeName, RULES, visitor } from './rooms.ts'
import { stepClock } from './step-clock.ts'

const { engines, lacks } = await withEngines([...ROOM_ENGINES])
const RUNS = isFull ? 40 : 3

interface TestRoom extends AsyncDisposable {
  readonly store: RoomStore
  readonly connections: Connections
}

async function roomOn(
  name: RoomEngine,
  rules: Partial<RoomRules> = {},
  limits: Partial<RoomLimits> = {},
): Promise<TestRoom> {
  await using undo = new AsyncDisposableStack()
  const engine = engines[name] ?? expect.fail(`no ${name}`)
  const namespace = undo.use(await engine.openNamespace({ label: 'room', poolSize: 4 }))
  const connections = { [name]: namespace.connections } as Connections
  const store = await openRoom(name, connections, { ...RULES, ...rules }, { ...LIMITS, ...limits })
  const owned = undo.move()
  return { store, connections, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

type Event =
  | { readonly kind: 'join'; readonly at: number; readonly binding: number }
  | { readonly kind: 'move'; readonly move: 'enter' | 'leave'; readonly at: number }
  | { readonly kind: 'step' }
  | { readonly kind: 'set'; readonly setting: Parameters<RoomStore['set']>[0] }
  | { readonly kind: 'steer'; readonly to: number }

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('join' as const), at: fc.nat(12), binding: fc.nat(1) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('move' as const),
      move: fc.constantFrom('enter' as const, 'leave' as const),
      at: fc.nat(20),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'step' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('set' as const),
      setting: fc.constantFrom(
        { door: 'closed' as const },
        { door: 'queue' as const },
        { stock: 'held' as const },
        { stock: 'gone' as const },
        { stock: 'some' as const },
        { activeMax: 0 },
        { activeMax: 1 },
        { activeMax: 5 },
        { activeMax: 30 },
        { targetMs: 50 },
        { targetMs: 0 },
        { targetMs: 20, activeMax: 4 },
        { perMinute: 600_000 },
        { opened: true as const },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('steer' as const), to: fc.constantFrom(1, 2, 5, 12) }),
  },
)

/** Answers what can be compared: everything but times. */
async function happened(store: RoomStore, events: readonly Event[]): Promise<readonly unknown[]> {
  const told: unknown[] = []
  let places = 0
  for (const each of events) {
    if (each.kind === 'join') {
      // Two at once, of which the second is the same person.
      const identity = `person ${each.at}`
      const both = [visitor(places++, identity), visitor(places++, identity)]
      told.push(await store.join(both.map((one) => ({ ...one, binding: `${each.binding}` }))))
    } else if (each.kind === 'set') await store.set(each.setting)
    else if (each.kind === 'steer') {
      const { activeMax } = await store.figures()
      told.push(await store.steer({ from: activeMax, to: each.to, periodMs: 3_600_000 }))
    } else {
      const move: Move = each.kind === 'step' ? each : { kind: each.move, place: placeName(each.at) }
      told.push(timeless(await store.move(move)))
    }
    const { opensInMs: _, ...figures } = await store.figures()
    told.push(figures)
  }
  await store.move({ kind: 'step' })
  told.push(
    timeless(
      await store.look(
        Array.from({ length: places + 1 }, (_, at) => placeName(at)),
        true,
      ),
    ),
  )
  told.push(await store.drawn(0, 100))
  return told
}

function timeless(told: unknown): unknown {
  return JSON.parse(JSON.stringify(told, (name, value) => (name === 'leftMs' ? Number(value) > 0 : value)))
}

for (const name of ROOM_ENGINES) {
  describe.skipIf(lacks([name]))(`a room in ${name}`, () => {
    test('is as the core says', async () => {
      const rules = fc.record({
        order: fc.constantFrom('fifo' as const, 'lottery' as const),
        opensInMs: fc.constantFrom(0, 3_600_000),
        awayMs: fc.constantFrom(0, 3_600_000),
        waitingMax: fc.constantFrom(4, 1_000),
      })
      await fc.assert(
        fc.asyncProperty(
          rules,
          fc.array(event, { minLength: 10, maxLength: 40 }),
          async (ownRules, events) => {
            await using room = await roomOn(name, ownRules)
            const expected = memoryRoom({ ...RULES, ...ownRules }, LIMITS, Date.now)
            expect(await happened(room.store, events)).toEqual(await happened(expected, events))
          },
        ),
        { numRuns: RUNS, endOnFailure: true },
      )
    })

    test('passes over who does not come, in the move that calls the next, and ends who is inside', async () => {
      await using room = await roomOn(name, { comeMs: 400, insideMs: 700 }, { activeMax: 1 })
      const { store } = room
      await store.join([visitor(0), visitor(1)])
      expect((await store.move({ kind: 'step' })).called).toEqual([{ place: placeName(0), number: 1 }])
      const answer = await moved(store)
      expect(answer).toMatchObject({
        ended: [{ place: placeName(0), why: 'passed-over' }],
        called: [{ place: placeName(1), number: 2 }],
      })
      expect((await store.move({ kind: 'enter', place: placeName(1) })).view).toMatchObject({
        kind: 'inside',
      })
      const leftMs = await store.insideMs(placeName(1))
      expect(leftMs).toBeGreaterThan(0)
      expect((await store.move({ kind: 'enter', place: placeName(1) })).view).toMatchObject({
        kind: 'inside',
      })
      expect(await store.insideMs(placeName(1))).toBeLessThanOrEqual(leftMs)
      expect((await moved(store)).ended).toEqual([{ place: placeName(1), why: 'ran-out' }])
      expect(await store.insideMs(placeName(1))).toBe(0)
      expect((await store.figures()).ended).toMatchObject({ 'passed-over': 1, 'ran-out': 1 })
    })

    test('spreads the admissions of a minute over its seconds, and has no more of them', FULL, async () => {
      await using room = await roomOn(name, {}, { activeMax: 50, perMinute: 100 })
      const { store } = room
      await store.join(Array.from({ length: 50 }, (_, at) => visitor(at)))
      const first = await store.move({ kind: 'step' })
      expect(first.called).toHaveLength(2)
      expect((await store.move({ kind: 'step' })).called).toEqual([])
      for (const { place } of first.called) await store.move({ kind: 'enter', place })
      await store.set({ perMinute: 3 })
      const next = await moved(store)
      expect(next.called).toHaveLength(1)
      await delay(1_100)
      expect((await store.move({ kind: 'step' })).called).toEqual([])
    })

    test('does not count those who are away', FULL, async () => {
      await using room = await roomOn(name, { awayMs: 500 }, { activeMax: 0 })
      const { store } = room
      await store.join([visitor(0), visitor(1), visitor(2)])
      const deadline = performance.now() + 10_000
      while ((await store.figures()).length > 1 && performance.now() < deadline) {
        await store.look([placeName(1)], true)
        await delay(50)
      }
      // Not swept yet, and not counted.
      expect(await store.look([placeName(0)], false)).toEqual([{ kind: 'waiting', number: 1 }])
      expect((await store.figures()).length).toBe(1)
      const { ended } = await store.move({ kind: 'step' })
      expect(ended.map(({ place }) => place).sort()).toEqual([placeName(0), placeName(2)])
      await store.set({ activeMax: 2 })
      expect((await store.move({ kind: 'step' })).called).toEqual([{ place: placeName(1), number: 2 }])
    })

    test('keeps every place when its clock is set, forwards or back', FULL, async () => {
      await using room = await roomOn(name, { awayMs: 600_000 })
      const { store, connections } = room
      await store.join([visitor(0), visitor(1), visitor(2)])
      await store.move({ kind: 'step' })
      await store.move({ kind: 'enter', place: placeName(0) })
      for (const byMs of [3_600_000, -7_200_000, 3_600_000]) {
        await stepClock(name, connections, byMs)
        expect(await store.insideMs(placeName(0))).toBeGreaterThan(590_000)
        expect(await store.move({ kind: 'step' })).toMatchObject({ called: [], ended: [] })
        const views = await store.look([placeName(0), placeName(1), placeName(2)], false)
        expect(views.map(({ kind }) => kind)).toEqual(['inside', 'called', 'waiting'])
        expect(views.map((view) => ('leftMs' in view ? view.leftMs <= 600_000 : true))).toEqual([
          true,
          true,
          true,
        ])
      }
    })

    test('is one room for several processes', FULL, async () => {
      await using room = await roomOn(name, {}, { activeMax: 30 })
      const others = await Promise.all(
        [1, 2, 3].map(() => openRoom(name, room.connections, { ...RULES, comeMs: 1 }, LIMITS)),
      )
      await Promise.all(
        others.map((store, at) => store.join(Array.from({ length: 20 }, (_, one) => visitor(at * 20 + one)))),
      )
      const moves = await Promise.all([...others, ...others].map((store) => store.move({ kind: 'step' })))
      const called = moves.flatMap((each) => each.called)
      expect(called).toHaveLength(30)
      expect(new Set(called.map(({ place }) => place)).size).toBe(30)
      expect(await room.store.figures()).toMatchObject({ called: 30, length: 30, drawnNumber: 60 })
    })
  })
}

/** The first move that does something. */
async function moved(store: RoomStore) {
  const deadline = performance.now() + 10_000
  for (;;) {
    const answer = await store.move({ kind: 'step' })
    if (answer.ended.length + answer.called.length > 0 || performance.now() > deadline) return answer
    await delay(20)
  }
}
