/**
 * A strategy of one's own, or a test body, in Jest:
 *
 *     const { describeReservations } = require('holdfast/jest')
 *
 *     describeReservations('our reservations', {
 *       engines: ['postgres'],
 *       create: ({ postgres }) => ourStrategy(postgres),
 *     })
 *
 * What `holdfast/vitest` has, under the same names and with the same options. Jest runs test files in a
 * context of their own, whose loader knows ES modules only if Node is told so. The package therefore gives
 * Jest a small file that loads this one with Node's own loader, outside of that context.
 */
import '../node-version.ts'
import type { KnownEngine } from '../../strategies/registry.ts'
import { moveDateOf } from '../explore/application-clock.ts'
import type { Body, BodyExplored, BodyOptions } from '../testing/bodies/body.ts'
import { testOf } from '../testing/bodies/current-test.ts'
import { exploreOnEngines } from '../testing/bodies/explore.ts'
import { openForTests } from '../testing/open-for-tests.ts'
import { type ReservationTestOptions, reservationTests } from '../testing/reservations.ts'
import type { Stage } from '../testing/stage.ts'

export type { Body, BodyClient, BodyEvents, BodyExplored, BodyOptions } from '../testing/bodies/body.ts'
export type { Capability } from '../testing/capabilities.ts'
export type { ReservationTestOptions } from '../testing/reservations.ts'

type Declare = (name: string, run: () => Promise<void>, timeoutMs?: number) => void
type Around = (run: () => Promise<void>, timeoutMs?: number) => void

/** What `@jest/globals` exports, as far as it is used here. */
export interface JestGlobals {
  readonly describe: (name: string, declare: () => void) => void
  readonly test: Declare & { readonly skip: Declare }
  readonly beforeAll: Around
  readonly afterAll: Around
  readonly expect: unknown
}

/** The same calls, with functions of Jest that were handed in. */
export interface OnJest {
  describeReservations<const Engine extends KnownEngine = never>(
    name: string,
    options: ReservationTestOptions<Engine>,
  ): void
  exploring(shared: BodyOptions): (body: Body, options?: Partial<BodyOptions>) => Promise<BodyExplored>
}

/** To start engines that are not running yet, and to end them. */
const ENGINES_MS_MAX = 180_000

/** The third argument of a test that explores, in milliseconds: it takes as long as its schedules. */
export const EXPLORED = 120_000

/**
 * For projects with `injectGlobals: false`: `jestWith(require('@jest/globals'))`. `context`: the global
 * object of the test file.
 */
export function jestWith(globals: JestGlobals, context: { Date: DateConstructor } = globalThis): OnJest {
  return {
    describeReservations: (name, options) => declare(presentIn(globals), context, { name, options }),
    exploring: (shared) => exploringIn(presentIn(globals), context, shared),
  }
}

const injected = jestWith(globalThis as unknown as JestGlobals)

/** Declares all tests of one strategy. Several in one file, and several files at once, do not meet. */
export function describeReservations<const Engine extends KnownEngine = never>(
  name: string,
  options: ReservationTestOptions<Engine>,
): void {
  injected.describeReservations(name, options)
}

/** Opens the engines before the first test of the file, and closes them after the last. */
export function exploring(
  shared: BodyOptions,
): (body: Body, options?: Partial<BodyOptions>) => Promise<BodyExplored> {
  return injected.exploring(shared)
}

function presentIn(globals: JestGlobals): JestGlobals {
  if (typeof globals.describe === 'function' && typeof globals.afterAll === 'function') return globals
  throw new Error(
    "holdfast/jest finds no functions of Jest: run it in Jest, and where injectGlobals is off take jestWith(require('@jest/globals'))",
  )
}

function declare<const Engine extends KnownEngine>(
  { describe, test, beforeAll, afterAll, expect }: JestGlobals,
  context: { Date: DateConstructor },
  { name, options }: { readonly name: string; readonly options: ReservationTestOptions<Engine> },
): void {
  const { groups, open } = reservationTests(name, options)
  // Jest takes a file without any test for a mistake.
  if (groups.length === 0) test.skip(`${name}: a schedule of another strategy is replayed`, async () => {})
  if (groups.length === 0) return
  describe(name, () => {
    let stage: Stage | undefined
    let date: Disposable | undefined
    beforeAll(async () => {
      date = moveDateOf(context)
      stage = await open()
    }, ENGINES_MS_MAX)
    afterAll(async () => {
      date?.[Symbol.dispose]()
      await stage?.[Symbol.asyncDispose]()
    }, ENGINES_MS_MAX)
    for (const { title, tests } of groups) {
      describe(title, () => {
        for (const each of tests) {
          const run = async () => {
            if (stage === undefined) throw new Error('the engines were not opened')
            const end = await each.run(stage, { command: commandOf(expect) })
            // Jest has no way to skip a test that runs.
            if (end !== 'passed') console.log(`skipped: ${each.name}: ${end.skipped}`)
          }
          test(each.name, run, each.timeoutMs)
        }
      })
    }
  })
}

function exploringIn(
  { beforeAll, afterAll, expect }: JestGlobals,
  context: { Date: DateConstructor },
  shared: BodyOptions,
): (body: Body, options?: Partial<BodyOptions>) => Promise<BodyExplored> {
  let opened: Awaited<ReturnType<typeof openForTests>> | undefined
  let date: Disposable | undefined
  beforeAll(async () => {
    date = moveDateOf(context)
    opened = await openForTests(shared.engines)
  }, ENGINES_MS_MAX)
  afterAll(async () => {
    date?.[Symbol.dispose]()
    await opened?.[Symbol.asyncDispose]()
  }, ENGINES_MS_MAX)
  return async (body, options) => {
    if (opened === undefined) throw new Error('the engines were not opened')
    const running = testOf(expect, RUNNER)
    return await exploreOnEngines(opened.engines, body, { ...running, ...shared, ...options })
  }
}

const RUNNER = 'npx jest'

function commandOf(expect: unknown): string {
  return testOf(expect, RUNNER)?.command ?? RUNNER
}
