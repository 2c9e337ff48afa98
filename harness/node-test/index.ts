/**
 * A strategy of one's own, or a test body, in node:test:
 *
 *     import { describeReservations } from 'holdfast/node-test'
 *
 *     describeReservations('our reservations', {
 *       engines: ['postgres'],
 *       create: ({ postgres }) => ourStrategy(postgres),
 *     })
 *
 * What `holdfast/vitest` has, under the same names and with the same options.
 */
import '../node-version.ts'
import path from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import type { KnownEngine } from '../../strategies/registry.ts'
import type { Body, BodyExplored, BodyOptions } from '../testing/bodies/body.ts'
import { exploreOnEngines } from '../testing/bodies/explore.ts'
import { openForTests } from '../testing/open-for-tests.ts'
import { type ReservationTestOptions, reservationTests } from '../testing/reservations.ts'
import type { Stage } from '../testing/stage.ts'
import type { TestCase } from '../testing/test-case.ts'

export type { Body, BodyClient, BodyEvents, BodyExplored, BodyOptions } from '../testing/bodies/body.ts'
export type { Capability } from '../testing/capabilities.ts'
export type { ReservationTestOptions } from '../testing/reservations.ts'

/** To start engines that are not running yet, and to end them. */
const ENGINES = { timeout: 180_000 } as const
/** Cases that spend their time waiting. */
const CONCURRENCY_MAX = 5

/** The options of a test that explores: it takes as long as its schedules. */
export const EXPLORED = { timeout: 120_000 } as const

/** Declares all tests of one strategy. Several in one file, and several files at once, do not meet. */
export function describeReservations<const Engine extends KnownEngine = never>(
  name: string,
  options: ReservationTestOptions<Engine>,
): void {
  const { groups, open } = reservationTests(name, options)
  if (groups.length === 0) return
  describe(name, () => {
    let stage: Stage | undefined
    before(async () => {
      stage = await open()
    }, ENGINES)
    after(async () => {
      await stage?.[Symbol.asyncDispose]()
    }, ENGINES)
    for (const { title, tests } of groups) {
      // Order is kept where a test must be alone.
      const concurrency = tests.every(({ isConcurrent }) => isConcurrent) ? CONCURRENCY_MAX : 1
      describe(title, { concurrency }, () => {
        for (const each of tests) declare(each, () => stage)
      })
    }
  })
}

function declare(each: TestCase, stageNow: () => Stage | undefined): void {
  test(each.name, { timeout: each.timeoutMs }, async (context) => {
    const stage = stageNow()
    if (stage === undefined) throw new Error('the engines were not opened')
    const end = await each.run(stage, { command: commandOf(context) })
    if (end !== 'passed') context.skip(end.skipped)
  })
}

function commandOf({ filePath }: TestContext): string {
  return `node --test ${filePath === undefined ? '' : path.relative(process.cwd(), filePath)}`.trim()
}

/**
 * Opens the engines before the first test of the file, and closes them after the last. What it returns takes
 * the context of the test that calls it, for the key of a replay.
 */
export function exploring(
  shared: BodyOptions,
): (context: TestContext, body: Body, options?: Partial<BodyOptions>) => Promise<BodyExplored> {
  let opened: Awaited<ReturnType<typeof openForTests>> | undefined
  before(async () => {
    opened = await openForTests(shared.engines)
  }, ENGINES)
  after(async () => {
    await opened?.[Symbol.asyncDispose]()
  }, ENGINES)
  return async (context, body, options) => {
    if (opened === undefined) throw new Error('the engines were not opened')
    const named = { name: context.name, command: commandOf(context) }
    return await exploreOnEngines(opened.engines, body, { ...named, ...shared, ...options })
  }
}
