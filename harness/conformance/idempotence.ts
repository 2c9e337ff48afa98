/** Goal: an id has one effect and one answer. Method: the same calls many times at once, and again later. */
import { begun, expectThat } from './expectation.ts'
import {
  available,
  type Case,
  concurrently,
  expectAvailable,
  held,
  IF_IT_LOCKS_ROWS,
  kinds,
  lockedByAnotherSession,
  newHold,
  request,
  resource,
  type Subject,
  until,
  waiters,
} from './subject.ts'

const SENDS = 12

export const idempotence: readonly Case[] = [
  {
    name: 'the same hold sent many times at once takes its units once and answers one deadline',
    property:
      'The same id with the same lines has one effect and one answer, however concurrently it is sent.',
    async run(subject) {
      const tickets = await resource(subject, SENDS)
      const asked = request({ [tickets]: 2 })
      const outcomes = await concurrently(subject, SENDS, (on) => on.hold(asked))
      const { held: granted, contended, 'sold-out': soldOut } = kinds(outcomes)
      expectThat('how many of the sends were answered held', granted).isAtLeast(1)
      // A strategy that skips locked units may mistake the same hold, sent twice, for another buyer.
      const refused = subject.entry.promises.refusals === 'spurious' ? contended + soldOut : contended
      expectThat('sends answered held, or refused without effect', granted + refused).equals(SENDS)
      const deadlines = outcomes.flatMap((outcome) => (outcome.kind === 'held' ? [outcome.deadlineMs] : []))
      expectThat('different deadlines answered', new Set(deadlines).size).equals(1)
      const versions = outcomes.flatMap((outcome) =>
        outcome.kind === 'held' ? [JSON.stringify(outcome.versions)] : [],
      )
      expectThat('different versions answered', new Set(versions).size).equals(1)
      await expectAvailable(subject, tickets, SENDS - 2)
    },
  },
  {
    name: 'a repeated hold gets the same answer even if the resource is sold out by now',
    property: 'A repeated hold gets `held` again, with the same deadline.',
    async run(subject) {
      const tickets = await resource(subject, 2)
      const asked = request({ [tickets]: 1 })
      const first = await subject.strategy.hold(asked)
      await held(subject.strategy, { [tickets]: 1 })
      const again = await subject.other.hold(asked)
      expectThat('the first answer', first).matches({ kind: 'held' })
      const { attempts: _attempts, ...same } = { attempts: 0, ...first }
      expectThat('the answer to the same hold, repeated', again).matches(same)
    },
  },
  {
    name: 'a repeated hold of several lines gets the same answer, line by line',
    property: 'A repeated hold gets `held` again, with the same version for each line.',
    async run(subject) {
      const [a, b] = [await resource(subject, 5), await resource(subject, 5)]
      // Makes the versions of the two lines differ.
      await held(subject.strategy, { [b]: 1 })
      const asked = request({ [a]: 1, [b]: 1 })
      const first = await subject.strategy.hold(asked)
      const again = await subject.other.hold(asked)
      expectThat('the first answer', first).matches({ kind: 'held' })
      const { attempts: _attempts, ...same } = { attempts: 0, ...first }
      expectThat('the answer to the same hold, repeated', again).matches(same)
    },
  },
  {
    name: 'the order of the lines is not part of the payload',
    property: 'The same lines in another order are the same lines.',
    async run(subject) {
      const [a, b] = [await resource(subject, 1), await resource(subject, 1)]
      const asked = request({ [a]: 1, [b]: 1 })
      const first = await subject.strategy.hold(asked)
      const again = await subject.strategy.hold({ ...asked, lines: asked.lines.toReversed() })
      expectThat('the same hold with its lines in another order', again).matches({
        kind: 'held',
        deadlineMs: first.kind === 'held' ? first.deadlineMs : Number.NaN,
      })
    },
  },
  {
    name: 'one id with two payloads at once: one is held, the other is answered id-reused, and only one has an effect',
    property: 'The same id with other lines is `id-reused`.',
    async run(subject) {
      const [a, b] = [await resource(subject, 1), await resource(subject, 1)]
      const id = newHold()
      const outcomes = await Promise.all([
        subject.strategy.hold(request({ [a]: 1 }, { id })),
        subject.other.hold(request({ [b]: 1 }, { id })),
      ])
      expectThat('two holds with one id and other lines', kinds(outcomes)).matches({
        held: 1,
        'id-reused': 1,
      })
      const left = ((await available(subject, a)) ?? 0) + ((await available(subject, b)) ?? 0)
      expectThat('units available of the two', left).equals(1)
    },
  },
  {
    name: 'one id with one line more or one line less is another request, and takes nothing',
    property: 'The same id with other lines is `id-reused`.',
    async run(subject) {
      const [a, b] = [await resource(subject, 5), await resource(subject, 5)]
      const [one, two] = [request({ [a]: 1 }), request({ [a]: 1, [b]: 1 })]
      await held(subject.strategy, { [a]: 1 }, { id: one.holdId })
      await held(subject.strategy, { [a]: 1, [b]: 1 }, { id: two.holdId })
      const more = await subject.other.hold({ ...two, holdId: one.holdId })
      expectThat('the same id with a line more', more).equals({ kind: 'id-reused' })
      const less = await subject.other.hold({ ...one, holdId: two.holdId })
      expectThat('the same id with a line less', less).equals({ kind: 'id-reused' })
      await expectAvailable(subject, a, 3)
      await expectAvailable(subject, b, 4)
    },
  },
  {
    name: 'declared retryable: a refused id is evaluated again, and is held when units are free',
    property: 'A refused id may be evaluated again.',
    appliesTo: {
      when: ({ promises: { refusedIds } }) => refusedIds === 'retryable',
      otherwise: 'it declares that a refused id stays refused',
    },
    async run(subject) {
      const { asked } = await refusedThenFree(subject)
      expectThat('a refused id, repeated when units are free', await subject.strategy.hold(asked)).matches({
        kind: 'held',
      })
    },
  },
  {
    name: 'declared final: a refused id stays refused when units are free again, and another id gets them',
    property:
      'A refused id stays refused if that is declared, and is not answered sold-out while units are available.',
    appliesTo: {
      when: ({ promises: { refusedIds } }) => refusedIds === 'final',
      otherwise: 'it declares that a refused id may be tried again',
    },
    async run(subject) {
      const { seat, asked } = await refusedThenFree(subject)
      expectThat('a refused id, repeated when units are free', await subject.strategy.hold(asked)).matches({
        kind: 'contended',
        reason: 'id-refused',
      })
      await held(subject.other, { [seat]: 1 })
    },
  },
  {
    name: 'a refused id repeated with other lines, which are free, is not answered sold-out',
    property: '`sold-out` means that at some moment during the call the units were not available.',
    async run(subject) {
      const [taken, free] = [await resource(subject, 1), await resource(subject, 1)]
      await held(subject.strategy, { [taken]: 1 })
      const id = newHold()
      const first = await subject.strategy.hold(request({ [taken]: 1 }, { id }))
      expectThat('a hold of a seat that is held', first).matches({ kind: 'sold-out', resourceId: taken })
      const { kind } = await subject.other.hold(request({ [free]: 1 }, { id }))
      const isHonest = kind === 'held' || kind === 'contended' || kind === 'id-reused'
      expectThat(`whether ${kind} is true of a seat that is free`, isHonest).equals(true)
      await expectAvailable(subject, free, kind === 'held' ? 0 : 1)
      if (kind !== 'held') await held(subject.other, { [free]: 1 })
    },
  },
  {
    name: 'a release sent many times at once frees the units once',
    property: 'Release is idempotent.',
    async run(subject) {
      const tickets = await resource(subject, 5)
      await held(subject.strategy, { [tickets]: 3 })
      const given = await held(subject.strategy, { [tickets]: 2 })
      const outcomes = await concurrently(subject, SENDS, (on) => on.release(given.id))
      expectThat('every answer', outcomes).equals(outcomes.map(() => ({ kind: 'released' })))
      await expectAvailable(subject, tickets, 2)
      expectThat(
        'a hold of more than was freed',
        await subject.strategy.hold(request({ [tickets]: 3 })),
      ).matches({ kind: 'sold-out' })
    },
  },
  {
    name: 'two releases of one hold that both waited for a lock free its units once',
    property: 'Release is idempotent, even after waiting for a lock.',
    appliesTo: IF_IT_LOCKS_ROWS,
    alone: true,
    async run(subject) {
      const tickets = await resource(subject, 5)
      await held(subject.strategy, { [tickets]: 3 })
      const { id } = await held(subject.strategy, { [tickets]: 2 })
      let both: Promise<unknown> = Promise.resolve()
      await lockedByAnotherSession(subject, { resource: tickets }, async () => {
        both = begun(Promise.all([subject.strategy.release(id), subject.other.release(id)]))
        await until('both releases to wait', async () => (await waiters(subject)) === 2)
      })
      expectThat('both answers', await both).equals([{ kind: 'released' }, { kind: 'released' }])
      await expectAvailable(subject, tickets, 2)
    },
  },
  {
    name: 'a confirm sent many times at once sells once',
    property: 'Confirm is idempotent.',
    async run(subject) {
      const tickets = await resource(subject, 5)
      const bought = await held(subject.strategy, { [tickets]: 2 })
      const outcomes = await concurrently(subject, SENDS, (on) => on.confirm(bought.id))
      expectThat('every answer', outcomes).equals(outcomes.map(() => ({ kind: 'confirmed' })))
      await expectAvailable(subject, tickets, 3)
    },
  },
  {
    name: 'a confirm and a release at once: exactly one wins, and the other is refused',
    property: 'No hold is both confirmed and freed.',
    async run(subject) {
      for (let round = 0; round < SENDS; round++) {
        const seat = await resource(subject, 1)
        const { id } = await held(subject.strategy, { [seat]: 1 })
        const [confirmed, released] = await Promise.all([
          subject.strategy.confirm(id),
          subject.other.release(id),
        ])
        if (confirmed.kind === 'confirmed') {
          expectThat('the release', released).equals({ kind: 'already-confirmed' })
          await expectAvailable(subject, seat, 0)
        } else {
          expectThat('the release', released).equals({ kind: 'released' })
          await expectAvailable(subject, seat, 1)
        }
      }
    },
  },
]

/** A hold that was refused because its seat was held, which is now free. */
async function refusedThenFree(subject: Subject) {
  const seat = await resource(subject, 1)
  const first = await held(subject.strategy, { [seat]: 1 })
  const asked = request({ [seat]: 1 })
  const refused = await subject.strategy.hold(asked)
  expectThat('a hold of a seat that is held', refused).matches({ kind: 'sold-out' })
  await subject.strategy.release(first.id)
  return { seat, asked }
}
