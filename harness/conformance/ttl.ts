/** Goal: the engine's clock decides deadlines, exactly. Method: short holds, and readings of that clock. */
import { begun, expectThat } from './expectation.ts'
import {
  type Case,
  concurrently,
  engineNowMs,
  expectAvailable,
  expectDeadline,
  held,
  heldSeats,
  IF_IT_LOCKS_ROWS,
  kinds,
  lockedByAnotherSession,
  newHold,
  request,
  resource,
  SHORT_TTL_MS,
  seats,
  UNLESS_UNSAFE,
  until,
  untilFree,
  untilPast,
  waiters,
} from './subject.ts'

export const ttl: readonly Case[] = [
  {
    name: 'the deadline is the engine’s time of the hold plus the time to live, in whole seconds',
    property: 'The engine’s clock decides the deadline, and `held` reports it.',
    async run(subject) {
      const tickets = await resource(subject, 10)
      for (const [ttlMs, whole] of [
        [1_000, 1_000],
        [1_001, 2_000],
        [30_500, 31_000],
      ] as const) {
        const before = await engineNowMs(subject)
        const { deadlineMs } = await held(subject.strategy, { [tickets]: 1 }, { ttlMs })
        expectDeadline(deadlineMs, [before, await engineNowMs(subject)], whole)
      }
    },
  },
  {
    name: 'before the deadline the units are not free; after it they are, without a sweeper',
    property: 'Past its deadline a hold expires and its units are free again, without any cleanup.',
    async run(subject) {
      const seat = await resource(subject, 1)
      const { id, deadlineMs } = await held(subject.strategy, { [seat]: 1 }, { ttlMs: SHORT_TTL_MS })
      const asked = request({ [seat]: 1 })
      const early = await subject.strategy.hold(asked)
      if ((await engineNowMs(subject)) < deadlineMs)
        expectThat('a hold before the deadline of another', early).matches({ kind: 'sold-out' })
      // On a busy machine it may have come after the deadline, and got the seat.
      else await subject.strategy.release(asked.holdId)
      await untilFree(subject, deadlineMs)
      await expectAvailable(subject, seat, 1)
      const next = await held(subject.strategy, { [seat]: 1 })
      expectThat('the confirm', await subject.strategy.confirm(id)).equals({ kind: 'gone' })
      expectThat('the confirm', await subject.strategy.confirm(next.id)).equals({ kind: 'confirmed' })
    },
  },
  {
    name: 'a due hold of several seats frees all of them, whichever is requested first',
    property: 'Expiry frees every line of a hold.',
    async run(subject) {
      const row = await seats(subject, 4)
      const lines = Object.fromEntries(row.map((id) => [id, 1]))
      const { deadlineMs } = await held(subject.strategy, lines, { ttlMs: SHORT_TTL_MS })
      await untilFree(subject, deadlineMs)
      await held(subject.strategy, { [String(row[2])]: 1 })
      const answers = await subject.strategy.availability(row)
      expectThat(
        'units available of each seat',
        answers.map((answer) => answer.available),
      ).equals([1, 1, 0, 1])
      await held(subject.other, { [String(row[0])]: 1, [String(row[3])]: 1 })
    },
  },
  {
    name: 'many buyers who request due units at once get each of them once',
    property: 'Expiry frees each unit once.',
    appliesTo: UNLESS_UNSAFE,
    async run(subject) {
      const tickets = await resource(subject, 6)
      const due = await threeHolds(() => held(subject.strategy, { [tickets]: 2 }, { ttlMs: SHORT_TTL_MS }))
      await untilFree(subject, Math.max(...due.map((hold) => hold.deadlineMs)))
      let granted = 0
      for (let round = 0; round < 10 && granted < 6; round++) {
        const outcomes = await concurrently(subject, 12, (on) => on.hold(request({ [tickets]: 1 })))
        granted += kinds(outcomes).held
      }
      expectThat('units held after they were due', granted).equals(6)
      expectThat('one more hold', await subject.strategy.hold(request({ [tickets]: 1 }))).matches({
        kind: 'sold-out',
      })
    },
  },
  {
    appliesTo: {
      when: ({ promises: { expiry }, hasOneStore }) => expiry === 'lazy' && hasOneStore !== true,
      otherwise: 'its engine frees due holds by itself, or due holds of other cases are in its one store',
    },
    name: 'a sweeper frees at most its limit, returns how many, and finally none are left',
    property: '`expireDue` frees at most `limit` due holds and returns how many.',
    alone: true,
    async run(subject) {
      const tickets = await resource(subject, 3)
      const due = await threeHolds(() => held(subject.strategy, { [tickets]: 1 }, { ttlMs: SHORT_TTL_MS }))
      await untilFree(subject, Math.max(...due.map((hold) => hold.deadlineMs)))
      const one = await subject.strategy.expireDue(1)
      expectThat('what a sweeper with a limit of one freed', one).isAtMost(1)
      let rest = 0
      await until('nothing to be left for the sweeper', async () => {
        const freed = await subject.strategy.expireDue(1_000)
        rest += freed
        return freed === 0
      })
      // Some strategies free due holds when the next hold is made, but never the last one.
      expectThat('how many of the due holds were freed', one + rest).isAtLeast(1)
      expectThat('how many of three holds were freed', one + rest).isAtMost(3)
      await expectAvailable(subject, tickets, 3)
      for (const { id } of due)
        expectThat('the confirm', await subject.strategy.confirm(id)).equals({ kind: 'gone' })
      await held(subject.strategy, { [tickets]: 3 })
    },
  },
  {
    name: 'a sold hold never expires, and no sweeper frees it',
    property: 'A confirm is permanent.',
    alone: true,
    async run(subject) {
      const seat = await resource(subject, 1)
      const { id, deadlineMs } = await held(subject.strategy, { [seat]: 1 }, { ttlMs: SHORT_TTL_MS })
      expectThat('the confirm', await subject.strategy.confirm(id)).equals({ kind: 'confirmed' })
      await untilFree(subject, deadlineMs)
      await subject.strategy.expireDue(1_000)
      expectThat('a hold of what is sold', await subject.strategy.hold(request({ [seat]: 1 }))).matches({
        kind: 'sold-out',
      })
      expectThat('the confirm', await subject.strategy.confirm(id)).equals({ kind: 'confirmed' })
    },
  },
  {
    name: 'a confirm that waited for a lock until after the deadline is refused',
    property: 'After the deadline a hold can never be confirmed, whenever the confirm was sent.',
    appliesTo: IF_IT_LOCKS_ROWS,
    alone: true,
    async run(subject) {
      const seat = await resource(subject, 1)
      const { id, deadlineMs } = await held(subject.strategy, { [seat]: 1 }, { ttlMs: SHORT_TTL_MS })
      let confirm: Promise<unknown> = Promise.resolve()
      await lockedByAnotherSession(subject, { hold: id }, async () => {
        confirm = begun(subject.strategy.confirm(id))
        await until('the confirm to wait', async () => (await waiters(subject)) > 0)
        await untilPast(subject, deadlineMs)
      })
      expectThat('a confirm that waited past the deadline', await confirm).equals({ kind: 'gone' })
    },
  },
  {
    name: 'a confirm and expiry at the deadline: never both confirmed and sold again',
    property: 'No hold is both confirmed and freed.',
    async run(subject) {
      const holds = await heldSeats(subject, 24)
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
      for (const { bought, rivals } of ends)
        expectThat(`rivals who hold a seat that was ${bought ? '' : 'not '}confirmed`, rivals).isAtMost(
          bought ? 0 : 1,
        )
    },
    appliesTo: UNLESS_UNSAFE,
  },
]

/** One after another, so that strategies that give up under contention get all of them. */
async function threeHolds<Hold>(hold: () => Promise<Hold>): Promise<readonly Hold[]> {
  return [await hold(), await hold(), await hold()]
}
