/**
 * Goal: what a strategy says of itself is true, the unflattering parts included. Method: stop a buyer between its read
 * and its write, or lock the row as a stranger would, and see what the next one is told.
 */
import { expect } from 'vitest'
import {
  available,
  type Case,
  gate,
  held,
  kinds,
  lockedByAStranger,
  locksRows,
  request,
  resource,
  until,
  waiters,
} from './subject.ts'

export const promises: readonly Case[] = [
  {
    name: 'declared unsafe: two buyers who both read before either writes are both told they hold the last unit',
    appliesTo: ({ promises: { safe } }) => safe === 'never',
    async run(subject) {
      const seat = await resource(subject, 1)
      const between = gate()
      subject.criticalSection = between.pass
      const both = Promise.all([
        subject.strategy.hold(request({ [seat]: 1 })),
        subject.other.hold(request({ [seat]: 1 })),
      ])
      await until('both to have read', () => between.arrivals() === 2)
      between.open()
      expect(kinds(await both)).toMatchObject({ held: 2 })
    },
  },
  {
    name: 'declared spurious: sold out is answered while the only unit is locked by somebody who then lets it go',
    appliesTo: ({ promises: { refusals } }) => refusals === 'spurious',
    async run(subject) {
      const seat = await resource(subject, 1)
      await lockedByAStranger(subject, seat, async () => {
        expect(await subject.strategy.hold(request({ [seat]: 1 }))).toMatchObject({ kind: 'sold-out' })
        expect(await available(subject, seat)).toBe(1)
      })
      await held(subject.strategy, { [seat]: 1 })
    },
  },
  {
    name: 'declared to give up: a locked row is answered as contended while it is still locked',
    appliesTo: ({ promises: { contention } }) => contention === 'gives-up',
    async run(subject) {
      const seat = await resource(subject, 1)
      await lockedByAStranger(subject, seat, async () => {
        expect(await subject.strategy.hold(request({ [seat]: 1 }))).toEqual({
          kind: 'contended',
          reason: 'lock-not-available',
          attempts: 1,
        })
      })
      await held(subject.strategy, { [seat]: 1 })
    },
  },
  {
    name: 'declared to wait, with exact refusals: a locked row is waited for, and the unit is had',
    alone: true,
    appliesTo: (entry) =>
      locksRows(entry) && entry.promises.contention === 'waits' && entry.promises.refusals === 'exact',
    async run(subject) {
      const seat = await resource(subject, 1)
      let outcome: Promise<unknown> = Promise.resolve()
      await lockedByAStranger(subject, seat, async () => {
        outcome = subject.strategy.hold(request({ [seat]: 1 }))
        await until('the hold to wait', async () => (await waiters(subject)) === 1)
      })
      expect(await outcome).toMatchObject({ kind: 'held', attempts: 1 })
    },
  },
  {
    name: 'declared to retry: a hold whose read was overtaken tries again, and says how often',
    appliesTo: ({ promises: { contention } }) => contention === 'retries',
    async run(subject) {
      const tickets = await resource(subject, 5)
      const between = gate()
      subject.criticalSection = between.pass
      const slow = subject.strategy.hold(request({ [tickets]: 1 }))
      await until('it to have read', () => between.arrivals() === 1)
      subject.criticalSection = async () => {}
      await held(subject.other, { [tickets]: 1 })
      between.open()
      expect(await slow).toMatchObject({ kind: 'held', attempts: 2 })
      expect(await available(subject, tickets)).toBe(3)
    },
  },
  {
    name: 'declared to retry: against somebody who is always faster it gives up after a limited number of attempts',
    appliesTo: ({ promises: { contention } }) => contention === 'retries',
    async run(subject) {
      const tickets = await resource(subject, 1_000)
      let overtaking = false
      subject.criticalSection = async () => {
        if (overtaking) return
        overtaking = true
        await held(subject.other, { [tickets]: 1 })
        overtaking = false
      }
      const outcome = await subject.strategy.hold(request({ [tickets]: 1 }))
      expect(outcome).toMatchObject({ kind: 'contended', attempts: expect.any(Number) })
      expect(outcome.kind === 'contended' && outcome.attempts).toBeGreaterThan(1)
    },
  },
  {
    name: 'declared to poll: while another is at the seat it asks a limited number of times; afterwards it gets its turn',
    appliesTo: ({ promises: { contention } }) => contention === 'polls',
    async run(subject) {
      const tickets = await resource(subject, 5)
      const between = gate()
      subject.criticalSection = between.pass
      const first = subject.strategy.hold(request({ [tickets]: 1 }))
      await until('it to be at the seat', () => between.arrivals() === 1)
      const second = await subject.other.hold(request({ [tickets]: 1 }))
      expect(second).toMatchObject({ kind: 'contended', reason: 'lock-not-available' })
      expect(second.kind === 'contended' && second.attempts).toBeGreaterThan(1)
      between.open()
      expect(await first).toMatchObject({ kind: 'held' })
      await held(subject.other, { [tickets]: 1 })
      expect(await available(subject, tickets)).toBe(3)
    },
  },
  {
    name: 'declared to queue: buyers who wait are served in the order they came',
    alone: true,
    appliesTo: ({ promises: { fairness } }) => fairness === 'queue',
    async run(subject) {
      const crowd = 6
      const tickets = await resource(subject, crowd)
      const order: number[] = []
      const all: Promise<unknown>[] = []
      await lockedByAStranger(subject, tickets, async () => {
        for (let buyer = 0; buyer < crowd; buyer++) {
          const hold = subject.strategy.hold(request({ [tickets]: 1 }))
          all.push(
            hold.then((outcome) => {
              if (outcome.kind === 'held') order[outcome.versions?.[0]?.version ?? -1] = buyer
            }),
          )
          await until(`buyer ${buyer} to wait`, async () => (await waiters(subject)) === buyer + 1)
        }
      })
      await Promise.all(all)
      expect(order.filter((buyer) => buyer !== undefined)).toEqual(
        Array.from({ length: crowd }, (_, at) => at),
      )
    },
  },
]
