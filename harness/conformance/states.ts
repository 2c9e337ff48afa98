/** Goal: every operation in every state of a hold. Method: a table; each cell makes its own hold. */
import type {
  ConfirmOutcome,
  HoldId,
  HoldOutcome,
  ReleaseOutcome,
  ResourceId,
} from '../../strategies/strategy.ts'
import { expectThat } from './expectation.ts'
import {
  type Case,
  expectAvailable,
  held,
  newHold,
  request,
  resource,
  SHORT_TTL_MS,
  type Subject,
  untilFree,
} from './subject.ts'

const CAPACITY = 2

/** How to bring a hold of one unit into a state, and the number of units then free. */
const states: Readonly<
  Record<string, { make(subject: Subject, id: HoldId, on: ResourceId): Promise<void>; free: number }>
> = {
  unknown: { async make() {}, free: CAPACITY },
  held: {
    async make({ strategy }, id, on) {
      await held(strategy, { [on]: 1 }, { id })
    },
    free: CAPACITY - 1,
  },
  confirmed: {
    async make({ strategy }, id, on) {
      await held(strategy, { [on]: 1 }, { id })
      expectThat('the confirm', await strategy.confirm(id)).equals({ kind: 'confirmed' })
    },
    free: CAPACITY - 1,
  },
  released: {
    async make({ strategy }, id, on) {
      await held(strategy, { [on]: 1 }, { id })
      expectThat('the release', await strategy.release(id)).equals({ kind: 'released' })
    },
    free: CAPACITY,
  },
  due: {
    async make(subject, id, on) {
      const { deadlineMs } = await held(subject.strategy, { [on]: 1 }, { id, ttlMs: SHORT_TTL_MS })
      await untilFree(subject, deadlineMs)
    },
    free: CAPACITY,
  },
  expired: {
    async make(subject, id, on) {
      const { deadlineMs } = await held(subject.strategy, { [on]: 1 }, { id, ttlMs: SHORT_TTL_MS })
      await untilFree(subject, deadlineMs)
      // Holding all units frees the due one; releasing them leaves the first hold expired.
      const all = await held(subject.strategy, { [on]: CAPACITY })
      expectThat('the release', await subject.strategy.release(all.id)).equals({ kind: 'released' })
    },
    free: CAPACITY,
  },
}

interface Expected {
  readonly confirm: ConfirmOutcome['kind']
  readonly release: ReleaseOutcome['kind']
  readonly sameHoldAgain: HoldOutcome['kind']
  readonly otherHold: HoldOutcome['kind']
}

const table: Readonly<Record<keyof typeof states, Expected>> = {
  unknown: { confirm: 'gone', release: 'gone', sameHoldAgain: 'held', otherHold: 'held' },
  held: { confirm: 'confirmed', release: 'released', sameHoldAgain: 'held', otherHold: 'id-reused' },
  confirmed: {
    confirm: 'confirmed',
    release: 'already-confirmed',
    sameHoldAgain: 'held',
    otherHold: 'id-reused',
  },
  released: { confirm: 'gone', release: 'released', sameHoldAgain: 'held', otherHold: 'id-reused' },
  due: { confirm: 'gone', release: 'gone', sameHoldAgain: 'held', otherHold: 'id-reused' },
  expired: { confirm: 'gone', release: 'gone', sameHoldAgain: 'held', otherHold: 'id-reused' },
}

/** Units free after the operations that change their number. */
const freeAfter: Readonly<Record<string, number>> = {
  'held release': CAPACITY,
  'unknown sameHoldAgain': CAPACITY - 1,
  'unknown otherHold': 0,
}

const operations: Readonly<
  Record<keyof Expected, (subject: Subject, id: HoldId, on: ResourceId) => Promise<{ readonly kind: string }>>
> = {
  confirm: ({ strategy }, id) => strategy.confirm(id),
  release: ({ strategy }, id) => strategy.release(id),
  sameHoldAgain: ({ strategy }, id, on) => strategy.hold(request({ [on]: 1 }, { id })),
  otherHold: ({ strategy }, id, on) => strategy.hold(request({ [on]: 2 }, { id })),
}

export const stateMatrix: readonly Case[] = Object.entries(states).flatMap(([state, { make, free }]) =>
  Object.entries(operations).map(([operation, perform]): Case => {
    const answer = table[state]?.[operation as keyof Expected]
    const after = freeAfter[`${state} ${operation}`] ?? free
    return {
      name: `${operation} when ${state}: ${answer}`,
      property: `The first and the repeated answer to ${operation} of a hold that is ${state}, and the units that are then free.`,
      async run(subject) {
        const on = await resource(subject, CAPACITY)
        const id = newHold()
        await make(subject, id, on)
        expectThat(operation, (await perform(subject, id, on)).kind).equals(answer)
        await expectAvailable(subject, on, after)
        // Repeated, it gives the same answer and changes nothing.
        expectThat(`${operation} repeated`, (await perform(subject, id, on)).kind).equals(answer)
        await expectAvailable(subject, on, after)
      },
    }
  }),
)
