/** One schedule of one scenario on a testbed: its clients, its events, and its result. */
import type { HoldId, HoldOutcome, ReservationStrategy, Resource } from '../../strategies/strategy.ts'
import { RUN_MARK } from '../engines/wording.ts'
import type { HistoryHeader, Operation } from '../history/record.ts'
import {
  Deadlines,
  headerOf,
  operationsOf,
  type RecordedCall,
  recordedCall,
  type Sent,
  TTL_BEFORE_MS,
  TTL_MS,
} from './call-history.ts'
import { type Call, Client } from './client.ts'
import { environmentStepsOf } from './environment.ts'
import { holdsAskedFor, type Look, lookAt } from './look.ts'
import { OpenedStrategies } from './opened-strategies.ts'
import { resourcesOf } from './resources.ts'
import { CLIENT_NAMES, type ClientRequest, type EnvironmentEvent, type Scenario } from './scenario.ts'
import { LETTERS, type Token } from './schedule.ts'
import type { Event, Position, ScheduleEnding, Scheduler, ScheduleSetup } from './schedule-run.ts'
import { runSchedule } from './schedule-runner.ts'
import type { Testbed } from './testbed.ts'

/** A prepared run: its number is part of all its names. */
export interface Prepared {
  readonly mark: string
  readonly resources: readonly Resource[]
  /** The initial hold: its request and its answer. */
  readonly before: readonly RecordedCall[]
  /** When it is due by the engine's clock, if it was acknowledged. */
  readonly due?: { readonly holdId: HoldId; readonly ms: number }
}

export interface Run {
  readonly prepared: Prepared
  readonly steps: readonly Token[]
  readonly events: readonly Event[]
  readonly ending: ScheduleEnding
  /** The events that had an effect. */
  readonly struck: ReadonlySet<EnvironmentEvent>
  readonly header: HistoryHeader
  readonly operations: readonly Operation[]
  readonly deadlines: Deadlines
  /** What was stored after each step; empty if nobody looked. */
  readonly looks: readonly Look[]
  /** What it left open. */
  readonly complaints: readonly string[]
  /** Why it does not show everything that it should, one sentence each. */
  readonly doubts: readonly string[]
  /** Whether the strategy works outside its calls, so that what looks left behind may be still going on. */
  readonly worksByItself: boolean
}

export function markOf(number: number): string {
  return `${RUN_MARK}${number}`
}

/** Creates the initial hold. The resources already exist. */
export async function prepare(testbed: Testbed, scenario: Scenario, mark: string): Promise<Prepared> {
  const resources = resourcesOf(scenario, mark)
  if (scenario.before === undefined) return { mark, resources, before: [] }
  const sent = sentOf({ op: 'hold', ...scenario.before }, mark, TTL_BEFORE_MS)
  const outcome = await ask(testbed.strategy, sent)
  const before = [{ client: 0, sent, began: 0, ended: 0, answer: { kind: 'answered', outcome } } as const]
  const told = outcome as HoldOutcome
  if (sent.op !== 'hold' || told.kind !== 'held') return { mark, resources, before }
  return { mark, resources, before, due: { holdId: sent.request.holdId, ms: told.deadlineMs } }
}

/** A schedule of a scenario between two steps. */
export interface Watched extends Position {
  readonly testbed: Testbed
  readonly prepared: Prepared
  readonly clients: readonly Client[]
}

/** How a schedule is run. */
interface Running {
  readonly scheduler: Scheduler
  readonly stepsMax: number
  /** Whether the store is read after each step. */
  readonly isWatched?: boolean
  /** Called between two steps. */
  readonly watch?: ((watched: Watched) => Promise<void>) | undefined
}

/** Runs one schedule as the scheduler decides. */
export async function run(
  testbed: Testbed,
  scenario: Scenario,
  prepared: Prepared,
  { scheduler, stepsMax, isWatched = false, watch }: Running,
): Promise<Run> {
  const { mark } = prepared
  const clients = testbed.clientConnections.map(
    ({ sessions }, at) => new Client(CLIENT_NAMES[at] ?? `client ${at + 1}`, at + 1, sessions),
  )
  const sentBy = clients.map((_, at) =>
    scenario.requests(at).map((request) => callOf(sentOf(request, mark), request)),
  )
  const isAtOnce = scenario.isAtOnce === true
  await using opened = await OpenedStrategies.open(testbed)
  clients.forEach((client, at) => {
    opened.start(client, at, sentBy[at] ?? [], isAtOnce)
  })
  const struck = new Set<EnvironmentEvent>()
  const looks: Look[] = []
  const lookedAt = { ...prepared, holds: holdsAskedFor(scenario, clients.length, mark) }
  const setup: ScheduleSetup = {
    clients,
    environmentSteps: environmentStepsOf({ testbed, scenario, mark, due: prepared.due, clients, struck }),
    holdsBackRefused: true,
    waitsOf: (store) => testbed.waitsOf(store),
    async watch(position) {
      if (isWatched) looks.push(await lookAt(testbed, lookedAt, position.steps.length))
      await watch?.({ ...position, testbed, prepared, clients })
    },
    // Clients would request a dead client's lease again and again.
    async beforeRunningOut() {
      await testbed.expireLocks((await testbed.locksHeld(mark)).map(({ key }) => key))
    },
  }
  const { steps, events, ending, doubts } = await runSchedule(setup, scheduler, stepsMax)
  const ownDoubts = await opened.close()
  const calls = clients.flatMap(({ number, made }, at) =>
    (sentBy[at] ?? []).flatMap((call, caller) => {
      const each = made.find((one) => one.call === call)
      const process = isAtOnce ? number * CALLERS_MAX + caller : number
      return each === undefined ? [] : [recordedCall(process, call.sent, each)]
    }),
  )
  const deadlines = deadlinesOf(scenario, prepared, steps)
  return {
    prepared,
    steps,
    events,
    ending,
    struck,
    header: headerOf(testbed.entry, scenario.name, prepared.resources),
    operations: operationsOf([...prepared.before, ...calls], deadlines),
    deadlines,
    looks,
    complaints: await testbed.tidy(),
    doubts: [...doubts, ...ownDoubts],
    worksByItself: ownDoubts.length > 0,
  }
}

/** Callers of one process have separate ids in the history, where no client makes two calls at a time. */
export const CALLERS_MAX = 10

/** A deadline that passes as a step passes before any call that begins with the next step. */
const WITH_A_STEP = 0.2
/** A deadline that passes after all steps passes after the last answer and before the store is read. */
const AFTER_A_STEP = 0.7

/** If the scenario lets it pass and it has not passed during the steps, it passes at the end. */
function deadlinesOf({ environment }: Scenario, { due }: Prepared, steps: readonly Token[]): Deadlines {
  if (due === undefined || !environment.includes('deadline')) return new Deadlines(new Map())
  const step = steps.indexOf(LETTERS.deadline)
  const passed = step === -1 ? steps.length + AFTER_A_STEP : step + 1 + WITH_A_STEP
  return new Deadlines(new Map([[due.holdId, passed]]))
}

function sentOf(request: ClientRequest, mark: string, ttlMs: number = TTL_MS): Sent {
  const holdId = `${request.hold}${mark}` as Extract<Sent, { holdId: unknown }>['holdId']
  if (request.op !== 'hold') return { op: request.op, holdId }
  const lines = request.seats.map((seat) => ({ resourceId: `${seat}${mark}` as Resource['id'], quantity: 1 }))
  return { op: 'hold', request: { holdId, lines, ttlMs } }
}

function ask(strategy: ReservationStrategy, sent: Sent): Promise<unknown> {
  switch (sent.op) {
    case 'hold':
      return strategy.hold(sent.request)
    case 'confirm':
      return strategy.confirm(sent.holdId)
    case 'release':
      return strategy.release(sent.holdId)
    default:
      return sent satisfies never
  }
}

interface ScenarioCall extends Call {
  readonly sent: Sent
}

function callOf(sent: Sent, request: ClientRequest): ScenarioCall {
  const what = request.op === 'hold' ? `${request.seats.join(' and ')} as ${request.hold}` : request.hold
  const { lastIf } = { lastIf: undefined, ...request }
  return {
    sent,
    label: `${sent.op} ${what}`,
    ask: (strategy) => ask(strategy, sent),
    ...(lastIf !== undefined && {
      isLast: (outcome: unknown) => (outcome as { kind?: string }).kind === lastIf,
    }),
  }
}
