/**
 * A strategy of one's own in one's own vitest:
 *
 *     import { describeReservations } from 'holdfast/vitest'
 *
 *     describeReservations('our reservations', {
 *       engines: ['postgres'],
 *       create: ({ postgres }) => ourStrategy(postgres),
 *     })
 *
 * Each case of the contract is a test, each workload, and each scenario of the explorer. A failure prints the
 * race, and the command that plays it again.
 */
import '../node-version.ts'
import { describe } from 'vitest'
import type { KnownEngine } from '../../strategies/registry.ts'
import { type ReservationTestOptions, reservationTests } from '../testing/reservations.ts'
import { declareTests } from './declare.ts'

export type { Body, BodyClient, BodyEvents, BodyExplored, BodyOptions } from '../testing/bodies/body.ts'
export type { Capability } from '../testing/capabilities.ts'
export type { ReservationTestOptions } from '../testing/reservations.ts'
export { EXPLORED, exploring } from './exploring.ts'

/** Declares all tests of one strategy. Several in one file, and several files at once, do not meet. */
export function describeReservations<const Engine extends KnownEngine = never>(
  name: string,
  options: ReservationTestOptions<Engine>,
): void {
  const { groups, open } = reservationTests(name, options)
  describe.skipIf(groups.length === 0)(name, () => {
    declareTests(groups, open)
  })
}
