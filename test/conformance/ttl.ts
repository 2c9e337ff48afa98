/** Goal: deadlines are the engine's, and nothing happens on the wrong side of one. Method: short holds, the engine's clock. */
import { expect } from 'vitest'
import {
  asOnlooker,
  available,
  type Case,
  engineNowMs,
  held,
  locksRows,
  newHold,
  request,
  resource,
  SHORT_TTL_MS,
  seats,
  until,
  untilFree,
  untilPast,
  waiters,
} from './subject.ts'

/** What may be lost between the engine's clock and ours: half a round trip, and the whole milliseconds of a key's TTL. */
const ROUNDING_MS = 20

export const ttl: readonly Case[] = [
  {
    name: 'the deadline is the engine’s time at the hold plus the time to live, in whole seconds',
    async run(subject) {
      const tickets = await resource(subject, 10)
      for (const [ttlMs, whole] of [
        [1_000, 1_000],
        [1_001, 2_000],
        [30_500, 31_000],
      ] as const) {
        const before = await engineNowMs(subject)
        const { deadlineMs } = await held(subject.strategy, { [tickets]: 1 }, { ttlMs })
        const after = await engineNowMs(subject)
        expect(deadlineMs).toBeGreaterThanOrEqual(before + whole - ROUNDING_MS)
        expect(deadlineMs).toBeLessThanOrEqual(after + whole + ROUNDING_MS)
      }
    },
  },
  {
    name: 'before the deadline the units are not free; after it they are, with nobody sweeping',
    async run(subject) {
      const seat = await resource(subject, 1)
      const { id, deadlineMs } = await held(subject.strategy, { [seat]: 1 }, { ttlMs: SHORT_TTL_MS })
      const early = await subject.strategy.hold(request({ [seat]: 1 }))
      if ((await engineNowMs(subject)) < deadlineMs) expect(early).toMatchObject({ kind: 'sold-out' })
      await untilFree(subject, deadlineMs)
      expect(await available(subject, seat)).toBe(1)
      const next = await held(subject.strategy, { [seat]: 1 })
      expect(await subject.strategy.confirm(id)).toEqual({ kind: 'gone' })
      expect(await subject.strategy.confirm(next.id)).toEqual({ kind: 'confirmed' })
    },
  },
  {
    name: 'a due hold of several seats frees all of them, whichever is wanted first',
    async run(subject) {
      const row = await seats(subject, 4)
      const lines = Object.fromEntries(row.map((id) => [id, 1]))
      const { deadlineMs } = await held(subject.strategy, lines, { ttlMs: SHORT_TTL_MS })
      await untilFree(subject, deadlineMs)
      await held(subject.strategy, { [String(row[2])]: 1 })
      expect((await subject.strategy.availability(row)).map((answer) => answer.available)).toEqual([
        1, 1, 0, 1,
      ])
      await held(subject.other, { [String(row[0])]: 1, [String(row[3])]: 1 })
    },
  },
  {
    name: 'many buyers who want due units at once get each of them once',
    appliesTo: ({ promises: { safe } }) => safe !== 'never',
    async run(subject) {
      const tickets = await resource(subject, 6)
      const due = await threeHolds(() => held(subject.strategy, { [tickets]: 2 }, { ttlMs: SHORT_TTL_MS }))
      await untilFree(subject, Math.max(...due.map((hold) => hold.deadlineMs)))
      let granted = 0
      for (let round = 0; round < 10 && granted < 6; round++) {
        const outcomes = await Promise.all(
          Array.from({ length: 12 }, (_, at) =>
            (at % 2 ? subject.strategy : subject.other).hold(request({ [tickets]: 1 })),
          ),
        )
        granted += outcomes.filter((outcome) => outcome.kind === 'held').length
      }
      expect(granted).toBe(6)
      expect(await subject.strategy.hold(request({ [tickets]: 1 }))).toMatchObject({ kind: 'sold-out' })
    },
  },
  {
    appliesTo: ({ promises: { expiry } }) => expiry === 'lazy',
    name: 'a sweeper frees at most as many as it was told, says how many, and then there are none',
    alone: true,
    async run(subject) {
      const tickets = await resource(subject, 3)
      const due = await threeHolds(() => held(subject.strategy, { [tickets]: 1 }, { ttlMs: SHORT_TTL_MS }))
      await untilFree(subject, Math.max(...due.map((hold) => hold.deadlineMs)))
      expect(await subject.strategy.expireDue(1)).toBeLessThanOrEqual(1)
      await until(
        'the sweeper to have nothing left',
        async () => (await subject.strategy.expireDue(1_000)) === 0,
      )
      expect(await available(subject, tickets)).toBe(3)
      for (const { id } of due) expect(await subject.strategy.confirm(id)).toEqual({ kind: 'gone' })
      await held(subject.strategy, { [tickets]: 3 })
    },
  },
  {
    name: 'a sold hold never expires, and no sweeper takes it',
    alone: true,
    async run(subject) {
      const seat = await resource(subject, 1)
      const { id, deadlineMs } = await held(subject.strategy, { [seat]: 1 }, { ttlMs: SHORT_TTL_MS })
      expect(await subject.strategy.confirm(id)).toEqual({ kind: 'confirmed' })
      await untilFree(subject, deadlineMs)
      await subject.strategy.expireDue(1_000)
      expect(await subject.strategy.hold(request({ [seat]: 1 }))).toMatchObject({ kind: 'sold-out' })
      expect(await subject.strategy.confirm(id)).toEqual({ kind: 'confirmed' })
    },
  },
  {
    name: 'a confirm that had to wait for a lock past the deadline is refused',
    appliesTo: locksRows,
    alone: true,
    async run(subject) {
      const seat = await resource(subject, 1)
      const { id, deadlineMs } = await held(subject.strategy, { [seat]: 1 }, { ttlMs: SHORT_TTL_MS })
      await asOnlooker(subject, async (session) => {
        await session.query('begin')
        await session.query('select from hold where id = $1 for update', [id])
        const confirm = subject.strategy.confirm(id)
        await until('the confirm to wait', async () => (await waiters(subject)) > 0)
        await untilPast(subject, deadlineMs)
        await session.query('rollback')
        expect(await confirm).toEqual({ kind: 'gone' })
      })
    },
  },
  {
    name: 'confirm against expiry at the deadline: never both confirmed and sold again',
    async run(subject) {
      const row = await seats(subject, 24)
      const holds = await Promise.all(
        row.map(async (seat) => ({
          seat,
          ...(await held(subject.strategy, { [seat]: 1 }, { ttlMs: SHORT_TTL_MS })),
        })),
      )
      const last = Math.max(...holds.map((hold) => hold.deadlineMs))
      await untilPast(subject, Math.min(...holds.map((hold) => hold.deadlineMs)) - 20)
      const ends = await Promise.all(
        holds.map(async ({ seat, id }) => {
          let bought = false
          let rivals = 0
          const rival = async () => {
            while ((await engineNowMs(subject)) <= last + 20) {
              if ((await subject.other.hold(request({ [seat]: 1 }, { id: newHold() }))).kind === 'held')
                rivals++
            }
          }
          const buyer = async () => {
            bought = (await subject.strategy.confirm(id)).kind === 'confirmed'
          }
          await Promise.all([rival(), buyer()])
          return { bought, rivals }
        }),
      )
      for (const { bought, rivals } of ends) expect(rivals).toBeLessThanOrEqual(bought ? 0 : 1)
    },
    // Without exclusion the rivals oversell among themselves; the control has its own case.
    appliesTo: ({ promises: { safe } }) => safe !== 'never',
  },
]

/** One after another, so that a strategy which gives up under contention gets all of them. */
async function threeHolds<Hold>(hold: () => Promise<Hold>): Promise<readonly Hold[]> {
  return [await hold(), await hold(), await hold()]
}
