/** Goal: a crowd gets at most what exists. Method: many concurrent buyers through two sets of connections. */
import { expectThat } from './expectation.ts'
import {
  type Case,
  concurrently,
  expectAvailable,
  kinds,
  request,
  resource,
  type Subject,
  seats,
  UNLESS_UNSAFE,
} from './subject.ts'

const CROWD = 40

export const contention: readonly Case[] = [
  {
    name: 'a crowd at one GA tier gets at most its capacity, and the remaining units can still be held',
    property: 'No more units are held than exist, and waiting buyers are served while units are available.',
    appliesTo: UNLESS_UNSAFE,
    async run(subject) {
      const capacity = 12
      const tickets = await resource(subject, capacity)
      const { held: granted, contended } = kinds(await crowdAt(subject, tickets))
      expectThat('units held', granted).isAtMost(capacity)
      await expectAvailable(subject, tickets, capacity - granted)
      const { promises } = subject.entry
      if (isServed(subject)) expectThat('buyers answered contended', contended).equals(0)
      if (isServed(subject) && promises.refusals === 'exact')
        expectThat('units held', granted).equals(capacity)
      if (granted < capacity) {
        const rest = await subject.strategy.hold(request({ [tickets]: capacity - granted }))
        expectThat('a hold of the remaining units', rest).matches({ kind: 'held' })
      }
      const more = await subject.strategy.hold(request({ [tickets]: 1 }))
      expectThat('one more hold', more).matches({ kind: 'sold-out' })
    },
  },
  {
    name: 'a crowd at one seat: at most one buyer gets it',
    property: 'A seat is held by one buyer at a time.',
    appliesTo: UNLESS_UNSAFE,
    async run(subject) {
      for (const seat of await seats(subject, 5)) {
        const { held: granted } = kinds(await crowdAt(subject, seat))
        expectThat('buyers who hold the seat', granted).isAtMost(1)
        if (isServed(subject)) expectThat('buyers who hold the seat', granted).equals(1)
      }
    },
  },
  {
    name: 'buyers of different seats do not hinder each other',
    property: 'A hold is refused only because of its own resources.',
    async run(subject) {
      const row = await seats(subject, CROWD)
      const outcomes = await concurrently(subject, CROWD, (on, at) =>
        on.hold(request({ [String(row[at])]: 1 })),
      )
      expectThat('what buyers of different seats got', kinds(outcomes)).matches({ held: CROWD })
    },
  },
]

function crowdAt(subject: Subject, id: string) {
  return concurrently(subject, CROWD, (on) => on.hold(request({ [id]: 1 })))
}

/** Whether buyers are never refused because of contention alone. */
function isServed({ entry: { promises } }: Subject): boolean {
  return promises.contention === 'waits' || promises.contention === 'never'
}
