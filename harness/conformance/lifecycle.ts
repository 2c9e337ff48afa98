/** Goal: the life of a hold without concurrency. Method: one step after another, and the availability. */
import { InvalidRequestError, type ResourceId, UnknownResourceError } from '../../strategies/strategy.ts'
import { LINES_MAX, TTL_MS_MAX, UNITS_MAX } from '../../strategies/validation.ts'
import { expectThat, expectThrown } from './expectation.ts'
import {
  type Case,
  expectAvailable,
  held,
  LONG_TTL_MS,
  newHold,
  request,
  resource,
  seats,
} from './subject.ts'

export const lifecycle: readonly Case[] = [
  {
    name: 'a hold takes units, a release frees them, a confirm keeps them',
    property: 'A hold takes its units, a release frees them, and a confirm keeps them permanently.',
    async run(subject) {
      const tickets = await resource(subject, 10)
      await expectAvailable(subject, tickets, 10)
      const kept = await held(subject.strategy, { [tickets]: 3 })
      const given = await held(subject.strategy, { [tickets]: 4 })
      await expectAvailable(subject, tickets, 3)
      expectThat('the release', await subject.strategy.release(given.id)).equals({ kind: 'released' })
      await expectAvailable(subject, tickets, 7)
      expectThat('the confirm', await subject.strategy.confirm(kept.id)).equals({ kind: 'confirmed' })
      await expectAvailable(subject, tickets, 7)
    },
  },
  {
    name: 'the last unit can be held; one more is answered sold-out, with the resource',
    property: 'The answer is `sold-out` when units are missing, and names the resource that is short.',
    async run(subject) {
      const tickets = await resource(subject, 5)
      await held(subject.strategy, { [tickets]: 4 })
      expectThat(
        'a hold of one unit more than exists',
        await subject.strategy.hold(request({ [tickets]: 2 })),
      ).matches({
        kind: 'sold-out',
        resourceId: tickets,
      })
      await held(subject.strategy, { [tickets]: 1 })
      expectThat(
        'a hold when the last unit is held',
        await subject.strategy.hold(request({ [tickets]: 1 })),
      ).matches({
        kind: 'sold-out',
        resourceId: tickets,
      })
    },
  },
  {
    name: 'a hold of one connection is visible to another',
    property: 'An answer to one caller is true for every other.',
    async run(subject) {
      const [seat] = await seats(subject, 1)
      const mine = await held(subject.strategy, { [String(seat)]: 1 })
      const theirs = await subject.other.hold(request({ [String(seat)]: 1 }))
      expectThat('a hold of a seat that another connection holds', theirs).matches({ kind: 'sold-out' })
      expectThat('the confirm', await subject.other.confirm(mine.id)).equals({ kind: 'confirmed' })
    },
  },
  {
    name: 'creating resources again changes nothing, and more can be created later',
    property: '`createResources` only creates what does not exist yet.',
    async run(subject) {
      const tickets = await resource(subject, 2)
      await held(subject.strategy, { [tickets]: 2 })
      await subject.strategy.createResources([{ id: tickets, capacity: 2 }])
      await expectAvailable(subject, tickets, 0)
      const later = await resource(subject, 1)
      await expectAvailable(subject, later, 1)
    },
  },
  {
    name: 'availability answers in the order of the request',
    property: '`availability` gives one answer per id, in the order of the request.',
    async run(subject) {
      const [a, b, c] = [await resource(subject, 1), await resource(subject, 2), await resource(subject, 3)]
      const answers = await subject.strategy.availability([c, a, b])
      expectThat('the availability of three resources', answers).equals([
        { resourceId: c, available: 3 },
        { resourceId: a, available: 1 },
        { resourceId: b, available: 2 },
      ])
    },
  },
  {
    name: 'an unknown resource is an error in a hold, also beside known ones, and in a read, and has no effect',
    property: 'A resource that was never created is an `UnknownResourceError`, and the call has no effect.',
    async run(subject) {
      const known = await resource(subject, 1)
      const unknown = 'no-such-resource' as ResourceId
      const [alone, beside] = [request({ [unknown]: 1 }), request({ [known]: 1, [unknown]: 1 })]
      await expectThrown('a hold of an unknown resource', subject.strategy.hold(alone), UnknownResourceError)
      await expectThrown(
        'a hold of a known resource and an unknown one',
        subject.strategy.hold(beside),
        UnknownResourceError,
      )
      await expectThrown(
        'a read of an unknown resource',
        subject.strategy.availability([known, unknown]),
        UnknownResourceError,
      )
      await expectAvailable(subject, known, 1)
    },
  },
  {
    name: 'an invalid request is refused before it reaches the engine',
    property: 'A request out of bounds is an `InvalidRequestError`, and the call has no effect.',
    async run(subject) {
      const id = await resource(subject, 5)
      const good = request({ [id]: 1 })
      const line = { resourceId: id, quantity: 1 }
      const bad = [
        { ...good, lines: [] },
        { ...good, lines: [line, line] },
        { ...good, lines: [{ ...line, quantity: 0 }] },
        { ...good, lines: [{ ...line, quantity: -1 }] },
        { ...good, lines: [{ ...line, quantity: 1.5 }] },
        { ...good, lines: [{ ...line, quantity: Number.NaN }] },
        { ...good, lines: [{ ...line, quantity: UNITS_MAX + 1 }] },
        { ...good, lines: [{ resourceId: '' as ResourceId, quantity: 1 }] },
        { ...good, lines: [{ resourceId: 'nul\u0000' as ResourceId, quantity: 1 }] },
        {
          ...good,
          lines: Array.from({ length: LINES_MAX + 1 }, (_, at) => ({
            ...line,
            resourceId: `r${at}` as ResourceId,
          })),
        },
        { ...good, ttlMs: 0 },
        { ...good, ttlMs: -1 },
        { ...good, ttlMs: Number.POSITIVE_INFINITY },
        { ...good, ttlMs: TTL_MS_MAX + 1 },
        { ...good, holdId: 'x'.repeat(129) as typeof good.holdId },
      ]
      for (const wrong of bad)
        await expectThrown('an invalid hold', subject.strategy.hold(wrong), InvalidRequestError)
      await expectAvailable(subject, id, 5)
      expectThat('the confirm', await subject.strategy.confirm(good.holdId)).equals({ kind: 'gone' })
    },
  },
  {
    name: 'ids are taken literally, whatever they contain',
    property: 'Ids are up to 128 characters of any kind, and have no other meaning.',
    async run(subject) {
      const strange = [`'; drop table hold; --`, '%_\\', '{a,"b"}', 'ключ', '座席🎟', ' leading and trailing ']
      const ids = strange.map((text) => `${text}${newHold()}` as ResourceId)
      await subject.strategy.createResources(ids.map((id) => ({ id, capacity: 1 })))
      const lines = Object.fromEntries(ids.map((id) => [id, 1]))
      await held(subject.strategy, lines, {
        id: `${strange.join('')}${newHold()}`.slice(0, 128) as ReturnType<typeof newHold>,
      })
      const answers = await subject.strategy.availability(ids)
      expectThat('the availability of what is held', answers).equals(
        ids.map((resourceId) => ({ resourceId, available: 0 })),
      )
    },
  },
  {
    name: 'a hold with the maximum number of lines',
    property: 'A hold may have up to the maximum number of lines.',
    async run(subject) {
      const row = await seats(subject, LINES_MAX)
      const all = await held(subject.strategy, Object.fromEntries(row.map((id) => [id, 1])), {
        ttlMs: LONG_TTL_MS,
      })
      expectThat('the confirm', await subject.strategy.confirm(all.id)).equals({ kind: 'confirmed' })
      const answers = await subject.strategy.availability(row)
      expectThat(
        'units left of what was sold',
        answers.map((answer) => answer.available),
      ).equals(row.map(() => 0))
    },
  },
]
