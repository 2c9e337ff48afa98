/**
 * A test body through every interleaving of its statements, in any test runner:
 *
 *     await explore(
 *       async ({ client }) => {
 *         const sold = await Promise.all([buy(client('alice').pg), buy(client('bob').pg)])
 *         assert.equal(sold.filter(Boolean).length, 1)
 *       },
 *       { engines: ['postgres'], setup: ({ pg }) => pg.query('create table …') },
 *     )
 *
 * And the tests of one's own strategy as data, for a test runner that has no adapter here:
 *
 *     const { groups, open } = reservationTests('ours', { engines: ['postgres'], create: … })
 *     const stage = await open()
 *     for (const each of groups.flatMap(({ tests }) => tests)) {
 *       test(each.name, () => each.run(stage, { command: 'npm test' }))
 *     }
 */
import '../node-version.ts'

export type {
  Body,
  BodyClient,
  BodyEngine,
  BodyEvents,
  BodyExplored,
  BodyOf,
  BodyOptions,
  RandomSchedules,
} from './bodies/body.ts'
export { explore } from './bodies/explore.ts'
export type { Capability } from './capabilities.ts'
export { type ReservationTestOptions, type ReservationTests, reservationTests } from './reservations.ts'
export type { Stage } from './stage.ts'
export { ReservationTestError, type TestCase, type TestEnd, type TestGroup } from './test-case.ts'
