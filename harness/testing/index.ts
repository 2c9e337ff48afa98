/**
 * The tests of one's own strategy as data, for a test runner that has no adapter here:
 *
 *     const { groups, open } = reservationTests('ours', { engines: ['postgres'], create: … })
 *     const stage = await open()
 *     for (const each of groups.flatMap(({ tests }) => tests)) {
 *       test(each.name, () => each.run(stage, { command: 'npm test' }))
 *     }
 */
import '../node-version.ts'

export type { Capability } from './capabilities.ts'
export { type ReservationTestOptions, type ReservationTests, reservationTests } from './reservations.ts'
export type { Stage } from './stage.ts'
export { ReservationTestError, type TestCase, type TestEnd, type TestGroup } from './test-case.ts'
