/**
 * Goal: every promise of a strategy is true, including the unflattering ones. Method: stop a buyer between
 * its read and its write, or lock a row in another session, and check the next answer.
 */
import type { HoldOutcome } from '../../strategies/strategy.ts'
import { begun, expectThat } from './expectation.ts'
import {
  type Case,
  expectAvailable,
  gate,
  held,
  kinds,
  lockedByAnotherSession,
  locksRows,
  request,
  resource,
  until,
  waiters,
} from './subject.ts'

export const promises: readonly Case[] = [
  {
    name: 'declared unsafe: two buyers who both read before either writes both hold the last unit',
    property: 'A strategy that declares itself unsafe is caught.',
    appliesTo: {
      when: ({ promises: { safe } }) => safe === 'never',
      otherwise: 'it declares that it is safe without faults',
    },
    async run(subject) {
      const seat = await resource(subject, 1)
      const between = gate()
      subject.criticalSection = between.pass
      const both = begun(
        Promise.all([
          subject.strategy.hold(request({ [seat]: 1 })),
          subject.other.hold(request({ [seat]: 1 })),
        ]),
      )
      await until('both to have read', () => between.arrivals() === 2)
      between.open()
      expectThat('two buyers who both read first', kinds(await both)).matches({ held: 2 })
    },
  },
  {
    name: 'declared spurious: the answer is sold-out while the only unit is locked by a session that then releases it',
    property: 'A strategy that declares spurious refusals does refuse free units, and the units stay free.',
    appliesTo: {
      when: (entry) => locksRows(entry) && entry.promises.refusals === 'spurious',
      otherwise: 'it does not declare spurious refusals of rows that another session could lock',
    },
    async run(subject) {
      const seat = await resource(subject, 1)
      await lockedByAnotherSession(subject, { resource: seat }, async () => {
        const refused = await subject.strategy.hold(request({ [seat]: 1 }))
        expectThat('a hold of a unit that another session has locked', refused).matches({ kind: 'sold-out' })
        await expectAvailable(subject, seat, 1)
      })
      await held(subject.strategy, { [seat]: 1 })
    },
  },
  {
    name: 'declared to give up: a hold of a locked row is answered contended while the row is still locked',
    property: 'A strategy that declares to give up under contention does so at once, and answers contended.',
    appliesTo: {
      when: (entry) => locksRows(entry) && entry.promises.contention === 'gives-up',
      otherwise: 'it does not declare that it gives up at rows that another session could lock',
    },
    async run(subject) {
      const seat = await resource(subject, 1)
      await lockedByAnotherSession(subject, { resource: seat }, async () => {
        const refused = await subject.strategy.hold(request({ [seat]: 1 }))
        expectThat('a hold of a locked row', refused).equals({
          kind: 'contended',
          reason: 'lock-not-available',
          attempts: 1,
        })
      })
      await held(subject.strategy, { [seat]: 1 })
    },
  },
  {
    name: 'declared to wait, with exact refusals: a hold waits for a locked row, and then gets the unit',
    property: 'A strategy that declares to wait does wait, and is served.',
    alone: true,
    appliesTo: {
      when: (entry) =>
        locksRows(entry) && entry.promises.contention === 'waits' && entry.promises.refusals === 'exact',
      otherwise:
        'it does not declare that it waits, with exact refusals, at rows that another session could lock',
    },
    async run(subject) {
      const seat = await resource(subject, 1)
      let outcome: Promise<unknown> = Promise.resolve()
      await lockedByAnotherSession(subject, { resource: seat }, async () => {
        outcome = begun(subject.strategy.hold(request({ [seat]: 1 })))
        await until('the hold to wait', async () => (await waiters(subject)) === 1)
      })
      expectThat('a hold that waited for a lock', await outcome).matches({ kind: 'held', attempts: 1 })
    },
  },
  {
    name: 'declared to wait: of two buyers who both wait for the last unit, one gets it, and the other is refused',
    property: 'A hold that waited reads again: the unit may have been the last one.',
    alone: true,
    appliesTo: {
      when: (entry) =>
        locksRows(entry) &&
        entry.promises.safe !== 'never' &&
        entry.promises.contention === 'waits' &&
        entry.promises.refusals === 'exact',
      otherwise:
        'it does not declare that it waits, with exact refusals, at rows that another session could lock',
    },
    async run(subject) {
      const seat = await resource(subject, 1)
      let both: Promise<readonly HoldOutcome[]> = Promise.resolve([])
      await lockedByAnotherSession(subject, { resource: seat }, async () => {
        both = begun(
          Promise.all([
            subject.strategy.hold(request({ [seat]: 1 })),
            subject.other.hold(request({ [seat]: 1 })),
          ]),
        )
        await until('both holds to wait', async () => (await waiters(subject)) === 2)
      })
      expectThat('two buyers who waited for the last unit', kinds(await both)).matches({
        held: 1,
        'sold-out': 1,
      })
    },
  },
  {
    name: 'declared to retry: a hold whose read is outdated tries again, and reports its attempts',
    property: 'A strategy that declares to retry repeats its transaction, and reports its attempts.',
    appliesTo: {
      when: ({ promises: { contention } }) => contention === 'retries',
      otherwise: 'it does not declare that it retries',
    },
    async run(subject) {
      const tickets = await resource(subject, 5)
      const between = gate()
      subject.criticalSection = between.pass
      const slow = begun(subject.strategy.hold(request({ [tickets]: 1 })))
      await until('it to have read', () => between.arrivals() === 1)
      subject.criticalSection = async () => {}
      await held(subject.other, { [tickets]: 1 })
      between.open()
      expectThat('a hold whose read is outdated', await slow).matches({ kind: 'held', attempts: 2 })
      await expectAvailable(subject, tickets, 3)
    },
  },
  {
    name: 'declared to retry: if another caller is always faster, it gives up after a limited number of attempts',
    property: 'Retries have a limit, reported as `attempts`.',
    appliesTo: {
      when: ({ promises: { contention } }) => contention === 'retries',
      otherwise: 'it does not declare that it retries',
    },
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
      expectThat('a hold that is always overtaken', outcome).matches({ kind: 'contended' })
      expectThat('its attempts', outcome.kind === 'contended' && outcome.attempts).isAtLeast(2)
    },
  },
  {
    name: 'declared to poll: while another caller has the lock, it tries a limited number of times; afterwards it gets the seat',
    property: 'A strategy that declares to poll tries a limited number of times, and reports its attempts.',
    appliesTo: {
      when: ({ promises: { contention } }) => contention === 'polls',
      otherwise: 'it does not declare that it polls',
    },
    async run(subject) {
      const tickets = await resource(subject, 5)
      const between = gate()
      subject.criticalSection = between.pass
      const first = begun(subject.strategy.hold(request({ [tickets]: 1 })))
      await until('it to be at the seat', () => between.arrivals() === 1)
      const second = await subject.other.hold(request({ [tickets]: 1 }))
      expectThat('a hold while another caller has the lock', second).matches({
        kind: 'contended',
        reason: 'lock-not-available',
      })
      expectThat('its attempts', second.kind === 'contended' && second.attempts).isAtLeast(2)
      between.open()
      expectThat('the hold of the caller that had the lock', await first).matches({ kind: 'held' })
      await held(subject.other, { [tickets]: 1 })
      await expectAvailable(subject, tickets, 3)
    },
  },
  {
    name: 'declared to queue: waiting buyers are served in order of arrival',
    property: 'Waiting buyers are served in order of arrival, if that is declared.',
    alone: true,
    appliesTo: {
      when: (entry) => locksRows(entry) && entry.promises.fairness === 'queue',
      otherwise: 'it does not declare a queue at rows that another session could lock',
    },
    async run(subject) {
      const crowd = 6
      const tickets = await resource(subject, crowd)
      const order: number[] = []
      const all: Promise<unknown>[] = []
      await lockedByAnotherSession(subject, { resource: tickets }, async () => {
        for (let buyer = 0; buyer < crowd; buyer++) {
          const hold = subject.strategy.hold(request({ [tickets]: 1 }))
          const served = hold.then((outcome) => {
            if (outcome.kind === 'held') order[outcome.versions?.[0]?.version ?? -1] = buyer
          })
          all.push(begun(served))
          await until(`buyer ${buyer} to wait`, async () => (await waiters(subject)) === buyer + 1)
        }
      })
      await Promise.all(all)
      expectThat(
        'buyers in the order in which they were served',
        order.filter((buyer) => buyer !== undefined),
      ).equals(Array.from({ length: crowd }, (_, at) => at))
    },
  },
]
