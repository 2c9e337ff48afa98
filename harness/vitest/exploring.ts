/**
 * Test bodies through every interleaving, in a vitest file:
 *
 *     const explore = exploring({ engines: ['postgres'], setup: … })
 *
 *     test('the last seat is sold once', EXPLORED, () =>
 *       explore(async ({ client }) => {
 *         const sold = await Promise.all([buy(client('alice').pg), buy(client('bob').pg)])
 *         expect(sold.filter(Boolean)).toHaveLength(1)
 *       }))
 */
import { afterAll, beforeAll } from 'vitest'
import type { Body, BodyExplored, BodyOptions } from '../testing/bodies/body.ts'
import { exploreOnEngines } from '../testing/bodies/explore.ts'
import { openForTests } from '../testing/open-for-tests.ts'

/** To start engines that are not running yet, and to end them. */
const ENGINES_MS_MAX = 180_000

/** The options of a test that explores: it takes as long as its schedules. */
export const EXPLORED = { timeout: 120_000 } as const

/** Opens the engines before the first test of the file, and closes them after the last. */
export function exploring(
  shared: BodyOptions,
): (body: Body, options?: Partial<BodyOptions>) => Promise<BodyExplored> {
  let opened: Awaited<ReturnType<typeof openForTests>> | undefined
  beforeAll(async () => {
    opened = await openForTests(shared.engines)
  }, ENGINES_MS_MAX)
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]()
  }, ENGINES_MS_MAX)
  return async (body, options) => {
    if (opened === undefined) throw new Error('the engines were not opened')
    return await exploreOnEngines(opened.engines, body, { ...shared, ...options })
  }
}
