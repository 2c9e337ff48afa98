/** All tests of a reader's own strategy, from the options that a test file gives. */
import {
  type AllConnections,
  type KnownEngine,
  PROMISES_DEFAULT,
  type StrategyEntry,
} from '../../strategies/registry.ts'
import type { ReservationStrategy, StrategySettings } from '../../strategies/strategy.ts'
import { entryFor, type StrategyOfOnesOwn } from '../entries/entry.ts'
import { CLIENTS, OF_A_BODY, parseSchedule } from '../explore/schedule.ts'
import { CAPABILITIES, type Capability } from './capabilities.ts'
import { conformanceTests } from './conformance.ts'
import { explorationTests, replayTest } from './explorations.ts'
import { checkEngines, checkFunctions, checkNames, checkNumbers, seedGiven } from './given.ts'
import { openStage, type Stage } from './stage.ts'
import type { TestGroup } from './test-case.ts'
import { workloadTests } from './workloads.ts'

const CONCURRENCY_DEFAULT = 16
const DURATION_MS_DEFAULT = 500
const CLIENTS_DEFAULT = 2
const SCHEDULES_MAX_DEFAULT = 20_000

export interface ReservationTestOptions<Engine extends KnownEngine = never>
  extends Pick<StrategyOfOnesOwn, 'ledger' | 'witness' | 'promises'> {
  /** What `create` is handed connections to; none by default. */
  readonly engines?: readonly Engine[]
  /** Makes one that starts empty, on fresh tables and keys. */
  create(
    connections: Pick<AllConnections, Engine>,
    settings: StrategySettings,
  ): ReservationStrategy | Promise<ReservationStrategy>
  /** Of the contract, what it does without: not asked of it, and tested to be absent. */
  readonly lacks?: readonly Capability[]
  /** Which workloads, by name; all by default, `false` for none. */
  readonly workloads?: readonly string[] | false
  /** Callers at once in a workload. */
  readonly concurrency?: number
  /** Milliseconds of each workload; one that needs longer takes longer. */
  readonly durationMs?: number
  /** Of the workloads. By default HOLDFAST_SEED, or another one each time. */
  readonly seed?: number
  /** Which scenarios of the explorer, by name; all that apply by default, `false` for none. */
  readonly scenarios?: readonly string[] | false
  /** In an exploration; 2 by default, at most 4. */
  readonly clients?: number
  /** Of one exploration; where there are more, nothing is proved, and its test fails. */
  readonly schedulesMax?: number
}

export interface ReservationTests {
  readonly groups: readonly TestGroup[]
  /** Before the first of them; disposed of after the last. */
  open(): Promise<Stage>
}

/** With HOLDFAST_REPLAY set to a schedule of this strategy, that schedule is its only test. */
export function reservationTests<Engine extends KnownEngine = never>(
  name: string,
  options: ReservationTestOptions<Engine>,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): ReservationTests {
  checkOptions(name, options)
  const entry = entryOf(name, options)
  const { lacks = [], workloads, scenarios } = options
  const seed = seedGiven(options.seed, env)
  if (env.HOLDFAST_REPLAY) {
    const isOfABody = env.HOLDFAST_REPLAY.startsWith(OF_A_BODY)
    const schedule = isOfABody ? undefined : parseSchedule(env.HOLDFAST_REPLAY)
    const groups = schedule?.strategy === entry.name ? [replayTest(entry, schedule)] : []
    return { groups, open: () => openStage(entry, { withControl: false }) }
  }
  const groups = [...conformanceTests(entry, lacks)]
  if (workloads !== false) {
    const { concurrency = CONCURRENCY_DEFAULT, durationMs = DURATION_MS_DEFAULT } = options
    groups.push(
      workloadTests(entry, { ...(workloads && { workloads }), concurrency, durationMs, seed, lacks }),
    )
  }
  if (scenarios !== false) {
    const { clients = CLIENTS_DEFAULT, schedulesMax = SCHEDULES_MAX_DEFAULT } = options
    groups.push(explorationTests(entry, { ...(scenarios && { scenarios }), clients, schedulesMax, lacks }))
  }
  return {
    groups: groups.filter(({ tests }) => tests.length > 0),
    open: () => openStage(entry, { withControl: workloads !== false }),
  }
}

const OPTIONS: Readonly<Record<keyof ReservationTestOptions, true>> = {
  engines: true,
  create: true,
  ledger: true,
  witness: true,
  promises: true,
  lacks: true,
  workloads: true,
  concurrency: true,
  durationMs: true,
  seed: true,
  scenarios: true,
  clients: true,
  schedulesMax: true,
}

/** In a JavaScript file nobody else looks. */
function checkOptions<Engine extends KnownEngine>(
  name: string,
  options: ReservationTestOptions<Engine>,
): void {
  if (typeof name !== 'string' || !/[\w.]/.test(name)) {
    throw new TypeError(
      'the name of the tests has at least one letter or digit: it stands in replay commands',
    )
  }
  checkNames(options, Object.keys(OPTIONS))
  checkFunctions(options, { needed: ['create'] })
  if (options.engines !== undefined) checkEngines(options.engines)
  checkNumbers(options, {
    concurrency: { min: 1 },
    durationMs: { min: 1 },
    clients: CLIENTS,
    schedulesMax: { min: 1 },
  })
  const unknown = options.lacks?.find((each) => !CAPABILITIES.includes(each))
  if (unknown === undefined) return
  throw new TypeError(`lacks has ${CAPABILITIES.join(', ')}, and nothing called ${JSON.stringify(unknown)}`)
}

function entryOf<Engine extends KnownEngine>(
  name: string,
  { engines = [], create, ledger, witness, promises }: ReservationTestOptions<Engine>,
): StrategyEntry {
  const [first] = engines
  // Whose clock decides the deadlines: the default's where it is used, as for every strategy.
  const clock = engines.some((engine) => engine === PROMISES_DEFAULT.clock) ? undefined : first
  return entryFor({
    // It stands in schedules, which are typed.
    name: name.replaceAll(/[^\w.-]+/g, '-'),
    engines,
    ...(ledger !== undefined && { ledger }),
    ...(witness !== undefined && { witness }),
    promises: { ...(clock !== undefined && { clock }), ...promises },
    create: (connections, settings) => create(connections as Pick<AllConnections, Engine>, settings),
  })
}
