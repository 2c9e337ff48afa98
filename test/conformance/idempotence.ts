/** Goal: an id has one effect and one answer. Method: the same calls many times at once, and again later. */
import { expect } from 'vitest'
import { available, type Case, held, kinds, newHold, request, resource } from './subject.ts'

const SENDS = 12

export const idempotence: readonly Case[] = [
  {
    name: 'the same hold sent many times at once takes its units once and answers one deadline',
    async run(subject) {
      const tickets = await resource(subject, SENDS)
      const asked = request({ [tickets]: 2 })
      const outcomes = await Promise.all(
        Array.from({ length: SENDS }, (_, at) => (at % 2 ? subject.strategy : subject.other).hold(asked)),
      )
      const { held: granted, contended, 'sold-out': soldOut } = kinds(outcomes)
      expect(granted).toBeGreaterThan(0)
      // One that skips locked units may take its own twin for a rival who got the last ones.
      const refused = subject.entry.promises.refusals === 'spurious' ? contended + soldOut : contended
      expect(granted + refused).toBe(SENDS)
      const deadlines = outcomes.flatMap((outcome) => (outcome.kind === 'held' ? [outcome.deadlineMs] : []))
      expect(new Set(deadlines).size).toBe(1)
      const versions = outcomes.flatMap((outcome) =>
        outcome.kind === 'held' ? [JSON.stringify(outcome.versions)] : [],
      )
      expect(new Set(versions).size).toBe(1)
      expect(await available(subject, tickets)).toBe(SENDS - 2)
    },
  },
  {
    name: 'a hold sent again answers as before even if the resource is sold out by now',
    async run(subject) {
      const tickets = await resource(subject, 2)
      const asked = request({ [tickets]: 1 })
      const first = await subject.strategy.hold(asked)
      await held(subject.strategy, { [tickets]: 1 })
      const again = await subject.other.hold(asked)
      expect(first).toMatchObject({ kind: 'held' })
      expect(again).toMatchObject({ ...first, attempts: expect.any(Number) })
    },
  },
  {
    name: 'the order of the lines is not part of the payload',
    async run(subject) {
      const [a, b] = [await resource(subject, 1), await resource(subject, 1)]
      const asked = request({ [a]: 1, [b]: 1 })
      const first = await subject.strategy.hold(asked)
      const again = await subject.strategy.hold({ ...asked, lines: asked.lines.toReversed() })
      expect(again).toMatchObject({
        kind: 'held',
        deadlineMs: first.kind === 'held' ? first.deadlineMs : Number.NaN,
      })
    },
  },
  {
    name: 'one id with two payloads at once: one is held, the other is told so, and only one has an effect',
    async run(subject) {
      const [a, b] = [await resource(subject, 1), await resource(subject, 1)]
      const id = newHold()
      const outcomes = await Promise.all([
        subject.strategy.hold(request({ [a]: 1 }, { id })),
        subject.other.hold(request({ [b]: 1 }, { id })),
      ])
      expect(kinds(outcomes)).toMatchObject({ held: 1, 'id-reused': 1 })
      expect(((await available(subject, a)) ?? 0) + ((await available(subject, b)) ?? 0)).toBe(1)
    },
  },
  {
    name: 'declared retryable: a refused id is evaluated again, and can be held when units are free',
    appliesTo: ({ promises: { refusedIds } }) => refusedIds === 'retryable',
    async run(subject) {
      const seat = await resource(subject, 1)
      const first = await held(subject.strategy, { [seat]: 1 })
      const asked = request({ [seat]: 1 })
      expect(await subject.strategy.hold(asked)).toMatchObject({ kind: 'sold-out' })
      await subject.strategy.release(first.id)
      expect(await subject.strategy.hold(asked)).toMatchObject({ kind: 'held' })
    },
  },
  {
    name: 'declared final: a refused id stays refused when units are free again, and another id gets them',
    appliesTo: ({ promises: { refusedIds } }) => refusedIds === 'final',
    async run(subject) {
      const seat = await resource(subject, 1)
      const first = await held(subject.strategy, { [seat]: 1 })
      const asked = request({ [seat]: 1 })
      expect(await subject.strategy.hold(asked)).toMatchObject({ kind: 'sold-out' })
      await subject.strategy.release(first.id)
      expect(await subject.strategy.hold(asked)).toMatchObject({ kind: 'sold-out', resourceId: seat })
      await held(subject.other, { [seat]: 1 })
    },
  },
  {
    name: 'a release sent many times at once frees the units once',
    async run(subject) {
      const tickets = await resource(subject, 5)
      await held(subject.strategy, { [tickets]: 3 })
      const given = await held(subject.strategy, { [tickets]: 2 })
      const outcomes = await Promise.all(
        Array.from({ length: SENDS }, (_, at) =>
          (at % 2 ? subject.strategy : subject.other).release(given.id),
        ),
      )
      expect(outcomes).toEqual(outcomes.map(() => ({ kind: 'released' })))
      expect(await available(subject, tickets)).toBe(2)
      expect(await subject.strategy.hold(request({ [tickets]: 3 }))).toMatchObject({ kind: 'sold-out' })
    },
  },
  {
    name: 'a confirm sent many times at once sells once',
    async run(subject) {
      const tickets = await resource(subject, 5)
      const bought = await held(subject.strategy, { [tickets]: 2 })
      const outcomes = await Promise.all(
        Array.from({ length: SENDS }, (_, at) =>
          (at % 2 ? subject.strategy : subject.other).confirm(bought.id),
        ),
      )
      expect(outcomes).toEqual(outcomes.map(() => ({ kind: 'confirmed' })))
      expect(await available(subject, tickets)).toBe(3)
    },
  },
  {
    name: 'a confirm and a release at once: exactly one wins, and the other is told so',
    async run(subject) {
      for (let round = 0; round < SENDS; round++) {
        const seat = await resource(subject, 1)
        const { id } = await held(subject.strategy, { [seat]: 1 })
        const [confirmed, released] = await Promise.all([
          subject.strategy.confirm(id),
          subject.other.release(id),
        ])
        if (confirmed.kind === 'confirmed') {
          expect(released).toEqual({ kind: 'already-confirmed' })
          expect(await available(subject, seat)).toBe(0)
        } else {
          expect(released).toEqual({ kind: 'released' })
          expect(await available(subject, seat)).toBe(1)
        }
      }
    },
  },
]
