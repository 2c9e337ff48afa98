/** Goal: a hold of several lines takes all or none, and nobody deadlocks. Method: overlapping seats, opposite orders. */

import { expect } from 'vitest'
import type { PostgresNamespace } from '../../harness/engines/postgres/namespace.ts'
import type { HoldOutcome, ResourceId } from '../../strategies/strategy.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'
import { available, type Case, fresh, held, LONG_TTL_MS, request, resource, seats } from './subject.ts'

export const allOrNothing: readonly Case[] = [
  {
    name: 'a hold that one line makes impossible takes nothing of the others',
    async run(subject) {
      const [a, b, c] = [await resource(subject, 5), await resource(subject, 1), await resource(subject, 5)]
      await held(subject.strategy, { [b]: 1 })
      expect(await subject.strategy.hold(request({ [a]: 2, [b]: 1, [c]: 2 }))).toMatchObject({
        kind: 'sold-out',
        resourceId: b,
      })
      expect(await available(subject, a)).toBe(5)
      expect(await available(subject, c)).toBe(5)
    },
  },
  {
    name: 'confirm and release are for all lines',
    async run(subject) {
      const [a, b] = [await resource(subject, 3), await resource(subject, 3)]
      const sold = await held(subject.strategy, { [a]: 1, [b]: 2 })
      const given = await held(subject.strategy, { [a]: 2, [b]: 1 })
      await subject.strategy.confirm(sold.id)
      await subject.strategy.release(given.id)
      expect(await available(subject, a)).toBe(2)
      expect(await available(subject, b)).toBe(1)
    },
  },
  {
    name: 'buyers of the same seats in opposite orders, again and again: nobody deadlocks, nobody gets half, every connection comes back',
    alone: true,
    async run(subject) {
      const row = await seats(subject, 6)
      const outcomes: HoldOutcome[] = []
      const buyer = async (from: number) => {
        for (let round = 0; round < 8; round++) {
          const wanted = from % 2 ? row : row.toReversed()
          const asked = {
            holdId: holdId(fresh('hold')),
            lines: rotate(wanted, from + round)
              .slice(0, 2 + (round % 4))
              .map((id) => ({ resourceId: resourceId(id), quantity: 1 })),
            ttlMs: LONG_TTL_MS,
          }
          const strategy = from % 2 ? subject.strategy : subject.other
          const outcome = await strategy.hold(asked)
          outcomes.push(outcome)
          if (outcome.kind === 'held')
            expect(await strategy.release(asked.holdId)).toEqual({ kind: 'released' })
        }
      }
      await Promise.all(Array.from({ length: 12 }, (_, at) => buyer(at)))
      expect(
        outcomes.filter((outcome) => outcome.kind === 'contended' && outcome.reason === 'deadlock'),
      ).toEqual([])
      expect(outcomes.some((outcome) => outcome.kind === 'held')).toBe(true)
      expect((await subject.strategy.availability(row)).map((answer) => answer.available)).toEqual(
        row.map(() => 1),
      )
      const postgres = subject.ground.namespaces.get('postgres') as PostgresNamespace | undefined
      expect(postgres?.pool.idleCount).toBe(postgres?.pool.totalCount)
    },
  },
]

function rotate(ids: readonly ResourceId[], by: number): readonly ResourceId[] {
  const at = by % ids.length
  return [...ids.slice(at), ...ids.slice(0, at)]
}
