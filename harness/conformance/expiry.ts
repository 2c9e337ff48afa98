/**
 * Goal: due holds are freed once, and no others are. Method: sweepers, short and long holds, a second
 * process.
 */
import type { HoldId, ReservationStrategy } from '../../strategies/strategy.ts'
import { TTL_MS_MAX } from '../../strategies/validation.ts'
import { expectThat } from './expectation.ts'
import {
  type Case,
  engineNowMs,
  expectAvailable,
  expectDeadline,
  held,
  heldSeats,
  LONG_TTL_MS,
  ROUNDING_MS,
  request,
  resource,
  SHORT_TTL_MS,
  type Subject,
  seats,
  UNLESS_UNSAFE,
  untilFree,
  untilPast,
} from './subject.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** More than the due holds of any case. */
const SWEPT_AT_ONCE = 1_000
/** Stops a sweeper that always reports due holds. */
const SWEEPS_MAX = 50
const DUE_HOLDS = 12
/** Confirms are sent at the deadline and at multiples of this before it. */
const BEFORE_DEADLINE_MS = 100

export const expiry: readonly Case[] = [
  {
    name: 'a sweeper frees due holds, but neither sold ones nor those that are not due yet',
    property:
      '`expireDue` frees only due holds: a sale is permanent, and a live hold is kept until its deadline.',
    alone: true,
    async run(subject) {
      const tickets = await resource(subject, 4)
      const sold = await held(subject.strategy, { [tickets]: 1 }, { ttlMs: SHORT_TTL_MS })
      // Before anything else: on a busy machine its deadline is soon there.
      expectThat('the confirm', await subject.strategy.confirm(sold.id)).equals({ kind: 'confirmed' })
      const due = await held(subject.strategy, { [tickets]: 1 }, { ttlMs: SHORT_TTL_MS })
      const live = await held(subject.strategy, { [tickets]: 1 }, { ttlMs: LONG_TTL_MS })
      await untilFree(subject, Math.max(due.deadlineMs, sold.deadlineMs))
      await sweep(subject.strategy)
      await expectAvailable(subject, tickets, 2)
      expectThat('a hold of more than is free after the sweep', await tries(subject, tickets, 3)).equals(
        'sold-out',
      )
      await expectConfirm('the confirm of what was sold before the sweep', subject, sold.id, 'confirmed')
      await expectConfirm('the confirm of what was not due at the sweep', subject, live.id, 'confirmed')
      await expectConfirm('the confirm of what was due at the sweep', subject, due.id, 'gone')
    },
  },
  {
    appliesTo: {
      when: ({ hasOneStore }) => hasOneStore !== true,
      otherwise: 'due holds of other cases are in its one store',
    },
    name: 'two sweepers at once free every due hold once, and count each of them once',
    property: '`expireDue` returns how many it freed, and no hold is freed twice.',
    alone: true,
    async run(subject) {
      const tickets = await resource(subject, DUE_HOLDS + 1)
      let lastMs = 0
      for (let at = 0; at < DUE_HOLDS; at++) {
        const hold = await held(subject.strategy, { [tickets]: 1 }, { ttlMs: SHORT_TTL_MS })
        lastMs = hold.deadlineMs
      }
      await untilFree(subject, lastMs)
      const freed = await Promise.all([sweep(subject.strategy, 3), sweep(subject.other, 3)])
      const counted = freed.reduce((sum, count) => sum + count, 0)
      // Some strategies free due holds along the way, so the sum may be smaller, but never larger.
      expectThat('holds that two sweepers together report as freed', counted).isAtMost(DUE_HOLDS)
      await expectAvailable(subject, tickets, DUE_HOLDS + 1)
      await held(subject.other, { [tickets]: DUE_HOLDS + 1 })
      expectThat('one more hold', await tries(subject, tickets, 1)).equals('sold-out')
    },
  },
  {
    name: 'two sweepers and confirms at the deadline: never both confirmed and freed',
    property: 'No hold is both confirmed and freed, whichever process sweeps.',
    appliesTo: UNLESS_UNSAFE,
    alone: true,
    async run(subject) {
      const holds = await heldSeats(subject, 24)
      const lastMs = Math.max(...holds.map(({ deadlineMs }) => deadlineMs))
      const sweeper = async (strategy: ReservationStrategy) => {
        while ((await engineNowMs(subject)) <= lastMs + 20) await strategy.expireDue(5)
      }
      const buyer = async ({ id, deadlineMs }: (typeof holds)[number], at: number) => {
        await untilPast(subject, deadlineMs - (at % 4) * BEFORE_DEADLINE_MS)
        const { kind } = await (at % 2 ? subject.strategy : subject.other).confirm(id)
        if ((await engineNowMs(subject)) < deadlineMs - ROUNDING_MS)
          expectThat('a confirm before the deadline', kind).equals('confirmed')
        return kind
      }
      const [ends] = await Promise.all([
        Promise.all(holds.map(buyer)),
        sweeper(subject.strategy),
        sweeper(subject.other),
      ])
      await untilFree(subject, lastMs)
      for (const [at, { seat, id }] of holds.entries()) {
        const end = ends[at] ?? 'gone'
        await expectConfirm('the repeated confirm', subject, id, end)
        const next = await tries(subject, seat, 1)
        expectThat(`a hold of a seat whose confirm was answered ${end}`, next).equals(
          end === 'confirmed' ? 'sold-out' : 'held',
        )
      }
    },
  },
  {
    name: 'a hold of several lines is made in one process, and confirmed and repeated in another',
    property: 'The same id with the same lines has one answer, in whichever process it is called.',
    async run(subject) {
      const [a, b] = [await resource(subject, 3), await resource(subject, 2)]
      const asked = request({ [a]: 2, [b]: 1 })
      const first = await subject.strategy.hold(asked)
      expectThat('the hold', first).matches({ kind: 'held' })
      const deadlineMs = first.kind === 'held' ? first.deadlineMs : Number.NaN
      const confirmed = await subject.other.confirm(asked.holdId)
      expectThat('the confirm in another process', confirmed).equals({ kind: 'confirmed' })
      const replayed = await subject.other.hold({ ...asked, lines: asked.lines.toReversed() })
      expectThat('the same hold in another process', replayed).matches({ kind: 'held', deadlineMs })
      expectThat('the release after it', await subject.strategy.release(asked.holdId)).equals({
        kind: 'already-confirmed',
      })
      await expectAvailable(subject, a, 1)
      await expectAvailable(subject, b, 1)
    },
  },
  {
    name: 'a hold of several lines that another process confirmed stays sold past its deadline, line by line',
    property: 'Confirm sells every line of a hold permanently, in whichever process it is called.',
    async run(subject) {
      const [a, b] = [await resource(subject, 2), await resource(subject, 1)]
      const lines = { [a]: 2, [b]: 1 }
      const { id, deadlineMs } = await held(subject.strategy, lines, { ttlMs: SHORT_TTL_MS })
      const confirmed = await subject.other.confirm(id)
      expectThat('the confirm in another process', confirmed).equals({ kind: 'confirmed' })
      await untilFree(subject, deadlineMs)
      for (const sold of [a, b]) {
        expectThat('a hold of what is sold', await tries(subject, sold, 1)).equals('sold-out')
        await expectAvailable(subject, sold, 0)
      }
    },
  },
  {
    name: 'an expired hold of several lines is freed as a whole in another process, and a repeated hold there gets the same answer',
    property: 'A repeated hold gets `held` with the same deadline, even after the hold ended.',
    async run(subject) {
      const [a, b] = [await resource(subject, 3), await resource(subject, 1)]
      const asked = request({ [a]: 2, [b]: 1 }, { ttlMs: SHORT_TTL_MS })
      const first = await subject.strategy.hold(asked)
      expectThat('the hold', first).matches({ kind: 'held' })
      const deadlineMs = first.kind === 'held' ? first.deadlineMs : Number.NaN
      await untilFree(subject, deadlineMs)
      const next = await held(subject.other, { [a]: 3, [b]: 1 })
      const replayed = await subject.other.hold(asked)
      expectThat('a repeated hold that has expired', replayed).matches({ kind: 'held', deadlineMs })
      expectThat('its confirm', await subject.other.confirm(asked.holdId)).equals({ kind: 'gone' })
      await expectAvailable(subject, a, 0)
      await expectConfirm('the confirm of the hold after it', subject, next.id, 'confirmed')
    },
  },
  {
    name: 'a repeated hold with another time to live keeps its first deadline',
    property: 'The same id with the same lines has one effect: the deadline is that of the first call.',
    async run(subject) {
      const seat = await resource(subject, 1)
      const asked = request({ [seat]: 1 }, { ttlMs: SHORT_TTL_MS })
      const first = await subject.strategy.hold(asked)
      const deadlineMs = first.kind === 'held' ? first.deadlineMs : Number.NaN
      const again = await subject.other.hold({ ...asked, ttlMs: LONG_TTL_MS })
      expectThat('the repeated hold with a longer time to live', again).matches({
        kind: 'held',
        deadlineMs,
      })
      await untilFree(subject, deadlineMs)
      await expectConfirm('the confirm past the first deadline', subject, asked.holdId, 'gone')
      expectThat('a hold past the first deadline', await tries(subject, seat, 1)).equals('held')
    },
  },
  {
    name: 'holds with different times to live, requested at once, each have their own deadline',
    property: '`held` reports the deadline of its own request, even if several are sent together.',
    async run(subject) {
      const ttls = [1_000, 3_600_000, 2_000, 60_000, 3_000, 600_000, 1_000, 5_000]
      const row = await seats(subject, ttls.length)
      const beforeMs = await engineNowMs(subject)
      const holds = await Promise.all(
        row.map((seat, at) => held(subject.strategy, { [seat]: 1 }, { ttlMs: ttls[at] ?? LONG_TTL_MS })),
      )
      const afterMs = await engineNowMs(subject)
      for (const [at, { deadlineMs }] of holds.entries())
        expectDeadline(deadlineMs, [beforeMs, afterMs], ttls[at] ?? LONG_TTL_MS)
      await untilFree(
        subject,
        Math.max(...holds.map(({ deadlineMs }, at) => (ttls[at] === 1_000 ? deadlineMs : 0))),
      )
      const answers = await subject.strategy.availability(row)
      const isLong = ttls.map((ttlMs) => ttlMs >= 60_000)
      for (const [at, { available }] of answers.entries()) {
        if (isLong[at] === true) expectThat('units available of a long hold', available).equals(0)
        else if (ttls[at] === 1_000) expectThat('units available of a due hold', available).equals(1)
      }
    },
  },
  {
    name: 'a hold of a day is neither shortened nor overflowed',
    property: 'A time to live up to the limit is kept exactly.',
    async run(subject) {
      const tickets = await resource(subject, 2)
      for (const ttlMs of new Set([DAY_MS, TTL_MS_MAX])) {
        const beforeMs = await engineNowMs(subject)
        const { id, deadlineMs } = await held(subject.strategy, { [tickets]: 1 }, { ttlMs })
        expectDeadline(deadlineMs, [beforeMs, await engineNowMs(subject)], ttlMs)
        await subject.other.expireDue(SWEPT_AT_ONCE)
        await expectConfirm('the confirm of a hold of a day', subject, id, 'confirmed')
      }
    },
  },
  {
    name: 'availability counts due units as free, but not held and sold ones',
    property: 'Units of due holds count as free.',
    async run(subject) {
      const tickets = await resource(subject, 10)
      const sold = await held(subject.strategy, { [tickets]: 1 })
      await subject.strategy.confirm(sold.id)
      await held(subject.strategy, { [tickets]: 2 })
      const due = await held(subject.strategy, { [tickets]: 3 }, { ttlMs: SHORT_TTL_MS })
      const [before] = await subject.other.availability([tickets])
      if ((await engineNowMs(subject)) < due.deadlineMs)
        expectThat('units available before the deadline', before?.available).equals(4)
      await untilFree(subject, due.deadlineMs)
      await expectAvailable(subject, tickets, 7)
      await held(subject.other, { [tickets]: 7 })
      await expectAvailable(subject, tickets, 0)
    },
  },
]

/** Sweeps until nothing is due; returns how many holds were freed. */
async function sweep(strategy: ReservationStrategy, limit = SWEPT_AT_ONCE): Promise<number> {
  let freed = 0
  for (let round = 0; round < SWEEPS_MAX; round++) {
    const now = await strategy.expireDue(limit)
    expectThat(`what a sweeper with a limit of ${limit} freed`, now).isAtMost(limit)
    if (now === 0) return freed
    freed += now
  }
  expectThat('sweeps until nothing is due', SWEEPS_MAX).isAtMost(SWEEPS_MAX - 1)
  return freed
}

/** The answer to another buyer, who tries again under contention. */
async function tries({ other }: Subject, id: string, quantity: number): Promise<string> {
  for (let round = 0; ; round++) {
    const { kind } = await other.hold(request({ [id]: quantity }))
    if (kind !== 'contended' || round > SWEEPS_MAX) return kind
  }
}

async function expectConfirm(what: string, { strategy }: Subject, id: HoldId, kind: string): Promise<void> {
  expectThat(what, await strategy.confirm(id)).equals({ kind })
}
