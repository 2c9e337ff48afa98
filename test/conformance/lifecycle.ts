/** Goal: the plain life of a hold. Method: one buyer, one step after another, and what the availability says. */
import { expect } from 'vitest'
import { InvalidRequestError, type ResourceId, UnknownResourceError } from '../../strategies/strategy.ts'
import { LINES_MAX, TTL_MS_MAX, UNITS_MAX } from '../../strategies/validation.ts'
import { available, type Case, held, LONG_TTL_MS, newHold, request, resource, seats } from './subject.ts'

export const lifecycle: readonly Case[] = [
  {
    name: 'a hold takes units, a release frees them, a confirm keeps them',
    async run(subject) {
      const tickets = await resource(subject, 10)
      expect(await available(subject, tickets)).toBe(10)
      const kept = await held(subject.strategy, { [tickets]: 3 })
      const given = await held(subject.strategy, { [tickets]: 4 })
      expect(await available(subject, tickets)).toBe(3)
      expect(await subject.strategy.release(given.id)).toEqual({ kind: 'released' })
      expect(await available(subject, tickets)).toBe(7)
      expect(await subject.strategy.confirm(kept.id)).toEqual({ kind: 'confirmed' })
      expect(await available(subject, tickets)).toBe(7)
    },
  },
  {
    name: 'the last unit can be held, and one more is sold out and names the resource',
    async run(subject) {
      const tickets = await resource(subject, 5)
      await held(subject.strategy, { [tickets]: 4 })
      expect(await subject.strategy.hold(request({ [tickets]: 2 }))).toMatchObject({
        kind: 'sold-out',
        resourceId: tickets,
      })
      await held(subject.strategy, { [tickets]: 1 })
      expect(await subject.strategy.hold(request({ [tickets]: 1 }))).toMatchObject({
        kind: 'sold-out',
        resourceId: tickets,
      })
    },
  },
  {
    name: 'what one connection holds, another sees',
    async run(subject) {
      const [seat] = await seats(subject, 1)
      const mine = await held(subject.strategy, { [String(seat)]: 1 })
      expect(await subject.other.hold(request({ [String(seat)]: 1 }))).toMatchObject({ kind: 'sold-out' })
      expect(await subject.other.confirm(mine.id)).toEqual({ kind: 'confirmed' })
    },
  },
  {
    name: 'making resources again changes nothing, and more can be made later',
    async run(subject) {
      const tickets = await resource(subject, 2)
      await held(subject.strategy, { [tickets]: 2 })
      await subject.strategy.createResources([{ id: tickets, capacity: 2 }])
      expect(await available(subject, tickets)).toBe(0)
      const later = await resource(subject, 1)
      expect(await available(subject, later)).toBe(1)
    },
  },
  {
    name: 'availability answers in the order asked',
    async run(subject) {
      const [a, b, c] = [await resource(subject, 1), await resource(subject, 2), await resource(subject, 3)]
      const answers = await subject.strategy.availability([c, a, b])
      expect(answers).toEqual([
        { resourceId: c, available: 3 },
        { resourceId: a, available: 1 },
        { resourceId: b, available: 2 },
      ])
    },
  },
  {
    name: 'an unknown resource is an error, in a hold, beside known ones and in a read, and has no effect',
    async run(subject) {
      const known = await resource(subject, 1)
      const unknown = 'no-such-resource' as ResourceId
      await expect(subject.strategy.hold(request({ [unknown]: 1 }))).rejects.toThrow(UnknownResourceError)
      await expect(subject.strategy.hold(request({ [known]: 1, [unknown]: 1 }))).rejects.toThrow(
        UnknownResourceError,
      )
      await expect(subject.strategy.availability([known, unknown])).rejects.toThrow(UnknownResourceError)
      expect(await available(subject, known)).toBe(1)
    },
  },
  {
    name: 'a request that makes no sense is refused before it reaches the engine',
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
      for (const wrong of bad) await expect(subject.strategy.hold(wrong)).rejects.toThrow(InvalidRequestError)
      expect(await available(subject, id)).toBe(5)
      expect(await subject.strategy.confirm(good.holdId)).toEqual({ kind: 'gone' })
    },
  },
  {
    name: 'ids are taken literally, whatever is in them',
    async run(subject) {
      const strange = [`'; drop table hold; --`, '%_\\', '{a,"b"}', 'ключ', '座席🎟', ' leading and trailing ']
      const ids = strange.map((text) => `${text}${newHold()}` as ResourceId)
      await subject.strategy.createResources(ids.map((id) => ({ id, capacity: 1 })))
      const lines = Object.fromEntries(ids.map((id) => [id, 1]))
      await held(subject.strategy, lines, {
        id: `${strange.join('')}${newHold()}`.slice(0, 128) as ReturnType<typeof newHold>,
      })
      const answers = await subject.strategy.availability(ids)
      expect(answers).toEqual(ids.map((resourceId) => ({ resourceId, available: 0 })))
    },
  },
  {
    name: 'a hold of as many lines as are allowed',
    async run(subject) {
      const row = await seats(subject, LINES_MAX)
      const all = await held(subject.strategy, Object.fromEntries(row.map((id) => [id, 1])), {
        ttlMs: LONG_TTL_MS,
      })
      expect(await subject.strategy.confirm(all.id)).toEqual({ kind: 'confirmed' })
      const answers = await subject.strategy.availability(row)
      expect(answers.every((answer) => answer.available === 0)).toBe(true)
    },
  },
]
