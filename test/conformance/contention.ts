/** Goal: a crowd gets what there is and no more. Method: many buyers at once through two sets of connections. */
import { expect } from 'vitest'
import { available, type Case, kinds, request, resource, seats } from './subject.ts'

const CROWD = 40

export const contention: readonly Case[] = [
  {
    name: 'a crowd at one GA tier gets at most what there is, and what is left can still be had',
    appliesTo: ({ promises: { safe } }) => safe !== 'never',
    async run(subject) {
      const capacity = 12
      const tickets = await resource(subject, capacity)
      const outcomes = await Promise.all(
        Array.from({ length: CROWD }, (_, at) =>
          (at % 2 ? subject.strategy : subject.other).hold(request({ [tickets]: 1 })),
        ),
      )
      const { held: granted, contended } = kinds(outcomes)
      expect(granted).toBeLessThanOrEqual(capacity)
      expect(await available(subject, tickets)).toBe(capacity - granted)
      const { promises } = subject.entry
      const isServed = promises.contention === 'waits' || promises.contention === 'never'
      if (isServed) expect(contended).toBe(0)
      if (isServed && promises.refusals === 'exact') expect(granted).toBe(capacity)
      if (granted < capacity) {
        expect(await subject.strategy.hold(request({ [tickets]: capacity - granted }))).toMatchObject({
          kind: 'held',
        })
      }
      expect(await subject.strategy.hold(request({ [tickets]: 1 }))).toMatchObject({ kind: 'sold-out' })
    },
  },
  {
    name: 'a crowd at one seat: one buyer at most has it',
    appliesTo: ({ promises: { safe } }) => safe !== 'never',
    async run(subject) {
      for (const seat of await seats(subject, 5)) {
        const outcomes = await Promise.all(
          Array.from({ length: CROWD }, (_, at) =>
            (at % 2 ? subject.strategy : subject.other).hold(request({ [seat]: 1 })),
          ),
        )
        const { held: granted } = kinds(outcomes)
        expect(granted).toBeLessThanOrEqual(1)
        if (subject.entry.promises.contention === 'waits' || subject.entry.promises.contention === 'never')
          expect(granted).toBe(1)
      }
    },
  },
  {
    name: 'buyers of different seats do not hinder each other',
    async run(subject) {
      const row = await seats(subject, CROWD)
      const outcomes = await Promise.all(
        row.map((seat, at) => (at % 2 ? subject.strategy : subject.other).hold(request({ [seat]: 1 }))),
      )
      expect(kinds(outcomes)).toMatchObject({ held: CROWD })
    },
  },
]
