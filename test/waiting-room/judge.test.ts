/**
 * Goal: the judge acquits what was right and convicts what was not, each rule by its own. Method: a recorded sale of the core, with
 * visitors who enter, leave and do not come; the same history changed in one place (mutants); and cores that are broken on purpose.
 */
import { describe, expect, test } from 'vitest'
import {
  judgeRoom,
  ROOM_RULES,
  type RoomRule,
  type RoomVerdict,
} from '../../shop/waiting-room/judge/judge-room.ts'
import type { RoomHistory, RoomRecord } from '../../shop/waiting-room/judge/records.ts'
import type { Called, RoomStore } from '../../shop/waiting-room/queue/room.ts'
import { RoomRecorder } from '../../shop/waiting-room/recorded-room.ts'
import { memoryRoom } from '../../shop/waiting-room/stores/memory-room.ts'
import { LIMITS, placeName, RULES, visitor } from './rooms.ts'

type Broken = (store: RoomStore) => RoomStore
const VISITORS = 14
/** The number of one whom a broken room never calls. */
const PASSED_BY = 2

/** A sale whose clock is moved by hand; times of records are real. */
async function played(
  order: 'fifo' | 'lottery' = 'fifo',
  broken: Broken = (store) => store,
): Promise<RoomHistory> {
  let nowMs = 1_000_000
  const rules = { ...RULES, order, comeMs: 30_000, opensInMs: 1_000 }
  const limits = { ...LIMITS, perMinute: 0 }
  const inner = memoryRoom(rules, limits, () => nowMs)
  const recorder = new RoomRecorder(rules, limits)
  const store = recorder.watch(broken(inner))
  for (let at = 0; at < VISITORS; at++) await store.join([visitor(at)])
  nowMs += 1_000
  for (let turn = 0; turn < 6; turn++) {
    await store.move({ kind: 'step' })
    const places = Array.from({ length: VISITORS }, (_, at) => placeName(at))
    const views = await store.look(places, false)
    const place = places.find((_, at) => views[at]?.kind === 'called')
    if (place !== undefined) await store.move({ kind: 'enter', place })
    for (let passed = 0; passed < 30_000; passed += 3_000) {
      nowMs += 3_000
      await store.move({ kind: 'step' })
    }
    if (place !== undefined) await store.move({ kind: 'leave', place })
    if (turn === 2) await store.set({ activeMax: 1 })
    if (turn === 3) await store.set({ activeMax: 2 })
  }
  await store.set({ door: 'closed' })
  return await recorder.history(inner)
}

describe('what is right', () => {
  test.for(['fifo', 'lottery'] as const)('%s is acquitted', async (order) => {
    const verdict = judgeRoom(await played(order))
    expect(verdict.faults).toEqual([])
    expect(verdict).toMatchObject({ kind: 'valid', inversions: 0 })
    expect(verdict.seen.passedOver).toBeGreaterThan(0)
  })

  test('nothing seen is unknown', async () => {
    const history = await played()
    expect(judgeRoom({ ...history, records: [] }).kind).not.toBe('valid')
    const joinsAlone = history.records.filter(({ kind }) => kind === 'join' || kind === 'limits')
    expect(judgeRoom({ ...history, records: joinsAlone }).kind).toBe('unknown')
  })
})

const of = <Kind extends RoomRecord['kind']>({ records }: RoomHistory, kind: Kind) =>
  records.filter((each): each is Extract<RoomRecord, { kind: Kind }> => each.kind === kind)
const lastUs = ({ records }: RoomHistory) => Math.max(...records.map(({ returnedUs }) => returnedUs))

/** A history changed in one place, and the one rule that must trip. */
const MUTANTS: readonly (readonly [
  name: string,
  rule: RoomRule,
  change: (history: RoomHistory) => RoomHistory,
])[] = [
  [
    'a place that was called twice',
    'twice',
    (history) => {
      const [call] = of(history, 'call')
      const at = lastUs(history) + 1
      return call === undefined ? history : adding(history, { ...call, invokedUs: at, returnedUs: at + 1 })
    },
  ],
  [
    'an entry after the place had ended',
    'twice',
    (history) => {
      const end = of(history, 'end').find(({ why }) => why === 'passed-over')
      const at = lastUs(history) + 1
      return adding(history, { kind: 'enter', place: end?.place ?? '', invokedUs: at, returnedUs: at + 1 })
    },
  ],
  [
    'an identity with two places',
    'twice',
    (history) => {
      const join = of(history, 'join').at(-1)
      if (join === undefined) return history
      const at = join.returnedUs + 1
      const other = {
        ...join,
        place: placeName(77),
        number: (join.number ?? 0) + 50,
        invokedUs: at,
        returnedUs: at + 1,
      }
      const views = new Map([...history.atRest.views, [other.place, { kind: 'ended', why: 'left' } as const]])
      const without = {
        ...history,
        records: history.records.filter((each) => each.kind !== 'end' || each.place !== join.place),
      }
      return { ...adding(without, other), atRest: { ...history.atRest, views } }
    },
  ],
  [
    'a place that nobody knows any more',
    'forgotten',
    (history) => {
      const join = of(history, 'join').at(-1)
      const place = join?.place ?? ''
      const views = new Map([...history.atRest.views, [place, { kind: 'unknown' } as const]])
      const records = history.records.filter(
        (each) => each.kind === 'join' || !('place' in each) || each.place !== place,
      )
      return { ...history, records, atRest: { ...history.atRest, views } }
    },
  ],
  [
    'one who waits while the room is empty',
    'forgotten',
    (history) => {
      const views = new Map([
        ...history.atRest.views,
        [placeName(VISITORS - 1), { kind: 'waiting', number: 99 } as const],
      ])
      const figures = {
        ...history.atRest.figures,
        door: 'queue',
        length: history.atRest.figures.length + 1,
        called: 0,
        inside: 0,
      } as const
      return { ...history, atRest: { views, figures } }
    },
  ],
  [
    'one more inside than allowed',
    'limits',
    (history) => ({
      ...history,
      records: history.records.map((each) => (each.kind === 'limits' ? { ...each, activeMax: 1 } : each)),
    }),
  ],
  [
    'one more in a minute than allowed',
    'limits',
    (history) => ({
      ...history,
      records: history.records.map((each) => (each.kind === 'limits' ? { ...each, perMinute: 1 } : each)),
    }),
  ],
  [
    'numbers that were drawn against the order of arrival',
    'order',
    (history) => ({
      ...history,
      records: history.records.map((each) =>
        each.kind === 'join' ? { ...each, number: 1_000 - (each.number ?? 0) } : each,
      ),
    }),
  ],
  [
    'calls against the order of numbers',
    'order',
    (history) => {
      const calls = of(history, 'call')
      const [first, last] = [calls[0], calls.at(-1)]
      const swapped = new Map([
        [first, last],
        [last, first],
      ])
      return {
        ...history,
        records: history.records.map((each) => {
          const other = each.kind === 'call' ? swapped.get(each) : undefined
          return other === undefined || each.kind !== 'call'
            ? each
            : { ...each, place: other.place, number: other.number }
        }),
      }
    },
  ],
  [
    'one who was passed without being called',
    'order',
    (history) => {
      const first = of(history, 'join')[0]
      const views = new Map([
        ...history.atRest.views,
        [first?.place ?? '', { kind: 'waiting', number: 1 } as const],
      ])
      const figures = { ...history.atRest.figures, length: history.atRest.figures.length + 1 }
      return { ...history, atRest: { views, figures } }
    },
  ],
  [
    'a length that counts one who is gone',
    'length',
    (history) => ({
      ...history,
      atRest: {
        ...history.atRest,
        figures: { ...history.atRest.figures, length: history.atRest.figures.length + 1 },
      },
    }),
  ],
]

function adding(history: RoomHistory, record: RoomRecord): RoomHistory {
  return { ...history, records: [...history.records, record] }
}

describe('a history with', () => {
  test.for(MUTANTS)('%s is convicted by %s', async ([, rule, change]) => {
    const verdict = judgeRoom(change(await played()))
    expect(verdict.kind).toBe('invalid')
    expect(verdict.faults.map((each) => each.rule)).toContain(rule)
  })

  test('a draw of another seed is convicted', async () => {
    const history = await played('lottery')
    const { draw } = history
    if (draw === undefined) expect.fail('nothing was drawn')
    const verdict = judgeRoom({
      ...history,
      draw: { ...draw, places: draw.places.toReversed().map((each, at) => ({ ...each, number: at + 1 })) },
    })
    expect(verdict.faults.map((each) => each.rule)).toContain('draw')
  })

  test('every rule has its mutant', () => {
    expect(new Set([...MUTANTS.map(([, rule]) => rule), 'draw'])).toEqual(new Set(ROOM_RULES))
  })
})

/** Rooms with an error that others have made. */
const BROKEN: readonly (readonly [name: string, rule: RoomRule, broken: Broken])[] = [
  [
    'that counts those who have ended',
    'length',
    (store) => ({ ...store, figures: async () => ({ ...(await store.figures()), length: VISITORS }) }),
  ],
  [
    'that calls those again who have not come out yet',
    'twice',
    (store) => {
      const before: Called[] = []
      return {
        ...store,
        move: async (move) => {
          const answer = await store.move(move)
          const again = before.slice(-1)
          before.push(...answer.called)
          return { ...answer, called: [...again, ...answer.called] }
        },
      }
    },
  ],
  [
    'that does not know its visitors again',
    'twice',
    (store) => {
      let joins = 0
      return {
        ...store,
        join: (joinings) =>
          store.join(joinings.map((each) => ({ ...each, identity: `${each.identity} ${joins++}` }))),
      }
    },
  ],
  [
    'that does not call the next one when one leaves',
    'forgotten',
    (store) => ({
      ...store,
      move: async (move) => {
        if (move.kind !== 'leave') return await store.move(move)
        const { activeMax } = await store.figures()
        await store.set({ activeMax: 0 })
        const answer = await store.move(move)
        await store.set({ activeMax })
        return answer
      },
    }),
  ],
  [
    'that loses the places of those who wait long',
    'forgotten',
    (store) => ({
      ...store,
      look: async (places, isSeen) =>
        (await store.look(places, isSeen)).map((view) =>
          view.kind === 'waiting' && view.number > VISITORS / 2 ? { kind: 'unknown' } : view,
        ),
    }),
  ],
  [
    'whose numbers are drawn from the end',
    'order',
    (store) => ({
      ...store,
      join: async (joinings) =>
        (await store.join(joinings)).map((each) =>
          each.kind === 'joined' ? { ...each, number: 1_000 - each.number } : each,
        ),
    }),
  ],
  [
    'that passes by one who waits',
    'order',
    (store) => ({
      ...store,
      move: async (move) => {
        const answer = await store.move(move)
        return { ...answer, called: answer.called.filter(({ number }) => number !== PASSED_BY) }
      },
      look: async (places, isSeen) =>
        (await store.look(places, isSeen)).map((view) =>
          'number' in view && view.number === PASSED_BY ? { kind: 'waiting', number: PASSED_BY } : view,
        ),
    }),
  ],
  [
    'that does not know its limit',
    'limits',
    (store) => ({
      ...store,
      move: async (move) => {
        const { activeMax } = await store.figures()
        await store.set({ activeMax: activeMax + 3 })
        const answer = await store.move(move)
        await store.set({ activeMax })
        return answer
      },
    }),
  ],
]

async function playedBy(broken: Broken): Promise<RoomVerdict> {
  let nowMs = 1_000_000
  const rules = { ...RULES, comeMs: 40_000 }
  const recorder = new RoomRecorder(rules, LIMITS)
  const inner = broken(memoryRoom(rules, LIMITS, () => nowMs))
  const store = recorder.watch(inner)
  for (let at = 0; at < VISITORS; at++) await store.join([visitor(at)])
  // A second tab.
  await store.join([visitor(VISITORS, visitor(VISITORS - 1).identity)])
  const { called } = await store.move({ kind: 'step' })
  for (const { place } of called) await store.move({ kind: 'enter', place })
  nowMs += 1_000
  await store.move({ kind: 'leave', place: placeName(0) })
  return judgeRoom(await recorder.history(inner))
}

describe('a room', () => {
  test.for(BROKEN)('%s is convicted by %s', async ([, rule, broken]) => {
    expect((await playedBy(broken)).faults.map((each) => each.rule)).toContain(rule)
  })

  test('that is right is acquitted of the same', async () => {
    expect((await playedBy((store) => store)).faults).toEqual([])
  })

  test('that is broken is there for every rule of rooms', () => {
    const broken = new Set(BROKEN.map(([, rule]) => rule))
    expect(broken).toEqual(new Set(ROOM_RULES.filter((rule) => rule !== 'draw')))
  })
})
