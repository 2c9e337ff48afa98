/**
 * What a few clients request of a few units: small, because every interleaving is run. Each scenario states
 * the events that may happen besides the clients' own steps.
 */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { Fault } from '../../strategies/strategy.ts'
import type { EngineEvent, EngineKind } from '../engines/engine.ts'
import { engineKinds } from '../engines/registry.ts'

/** An event that may happen between any two steps, at most once in a schedule. */
export type EnvironmentEvent =
  /** The deadline of the initial hold passes. */
  | 'deadline'
  /** A lease in Redis expires, whichever client has it: that client was paused for longer. */
  | 'lease'
  /** The first client dies: its connections are cut, and the engine notices. */
  | 'death'
  /** Redis restarts without any of its data. */
  | 'forgetting'
  /** A statement has reached its lock timeout. */
  | 'timeout'

export type ClientRequest =
  | { readonly op: 'hold'; readonly hold: string; readonly seats: readonly string[] }
  | {
      readonly op: 'confirm' | 'release'
      readonly hold: string
      /** The client asks for nothing more if the answer is this. */
      readonly lastIf?: 'confirmed'
    }

export interface Scenario {
  readonly name: string
  /** In a few words, for a table. */
  readonly summary: string
  /** By name: how many units each has. */
  readonly seats: Readonly<Record<string, number>>
  /** A hold that exists before any client starts. */
  readonly before?: { readonly hold: string; readonly seats: readonly string[] }
  /** The requests of each client, one after the other; `client` counts from 0. */
  requests(client: number): readonly ClientRequest[]
  readonly environment: readonly EnvironmentEvent[]
  /** The fault that it injects: a strategy that is unsafe under it must be caught. */
  readonly fault?: Fault
  /** It only applies to strategies with an engine that can have this event. */
  readonly needs?: EngineEvent
  /**
   * Each client is a process whose callers send all its requests at once; only batching strategies combine
   * them.
   */
  readonly isAtOnce?: true
}

/** The scenario does not apply to the strategy. */
export interface Inapplicable {
  readonly why: string
  /**
   * Whether the event could happen to the strategy but cannot be caused: then nothing is shown either way.
   */
  readonly isOutOfReach: boolean
}

export function inapplicable(
  { needs, environment, isAtOnce }: Scenario,
  { engines, promises }: Pick<StrategyEntry, 'engines' | 'promises'>,
  kinds: readonly EngineKind[] = engineKinds,
): Inapplicable | undefined {
  const used = kinds.filter(({ name }) => engines.includes(name))
  if (needs !== undefined && !used.some((kind) => kind.injectableEvents.includes(needs))) {
    return { why: `none of its engines can be made to do that (${needs})`, isOutOfReach: false }
  }
  const rigid = used.find((kind) => !kind.injectableEvents.includes('time-passes'))
  if (environment.includes('deadline') && rigid !== undefined) {
    const why = `a deadline in ${rigid.title} cannot be made to pass between two steps`
    return { why, isOutOfReach: true }
  }
  if (isAtOnce === true && !promises.batches) {
    return { why: 'its callers do not share requests', isOutOfReach: false }
  }
  return undefined
}

const SEAT = ['seat'] as const

export const CLIENT_NAMES = ['Alice', 'Bob', 'Carol', 'Dave'] as const

function holdOf(client: number): string {
  return (CLIENT_NAMES[client] ?? `client-${client + 1}`).toLowerCase()
}

function wantsSeat(client: number): readonly ClientRequest[] {
  return [{ op: 'hold', hold: holdOf(client), seats: SEAT }]
}

/** As a shop takes units again whose hold has expired: every report of the payment uses the same id. */
const TAKEN_AGAIN: readonly ClientRequest[] = [
  { op: 'hold', hold: 'first-again', seats: SEAT },
  { op: 'confirm', hold: 'first-again' },
]

/**
 * A report of a payment, as a shop settles it, without its last step: what is held again is not contended.
 */
const PAYMENT_REPORTED: readonly ClientRequest[] = [
  { op: 'confirm', hold: 'first', lastIf: 'confirmed' },
  ...TAKEN_AGAIN.filter(({ op }) => op === 'hold'),
]

/**
 * For each client, by number: the earlier clients with the same requests under other names and the same
 * possible events. Swapping two such clients turns every schedule into an equivalent one.
 */
export function twinsOf(scenario: Scenario, clients: number): ReadonlyMap<number, readonly number[]> {
  const roles = Array.from({ length: clients }, (_, client) => {
    const own = holdOf(client)
    const requests = scenario
      .requests(client)
      .map((request) => ({ ...request, hold: request.hold.replace(own, '') }))
    return JSON.stringify([requests, scenario.environment.includes('death') && client === 0])
  })
  return new Map(
    roles.map((role, client) => [
      client + 1,
      roles.slice(0, client).flatMap((other, at) => (other === role ? [at + 1] : [])),
    ]),
  )
}

/** The standard ones. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'hold',
    summary: 'all clients want the last unit',
    seats: { seat: 1 },
    requests: wantsSeat,
    environment: [],
  },
  {
    name: 'two-seats',
    summary: 'the same two seats, in opposite order',
    seats: { 'seat-a': 1, 'seat-b': 1 },
    requests: (client) => [
      {
        op: 'hold',
        hold: holdOf(client),
        seats: client % 2 === 0 ? ['seat-a', 'seat-b'] : ['seat-b', 'seat-a'],
      },
    ],
    environment: [],
  },
  {
    name: 'one-of-two',
    summary: 'one client wants two seats, another the second of them',
    seats: { 'seat-a': 1, 'seat-b': 1 },
    requests: (client) => [
      { op: 'hold', hold: holdOf(client), seats: client === 0 ? ['seat-a', 'seat-b'] : ['seat-b'] },
    ],
    environment: [],
  },
  {
    name: 'confirm-release',
    summary: 'one client confirms a hold that another releases and requests again',
    seats: { seat: 1 },
    before: { hold: 'first', seats: SEAT },
    requests: (client) =>
      client === 0
        ? [{ op: 'confirm', hold: 'first' }]
        : client === 1
          ? [{ op: 'release', hold: 'first' }, ...wantsSeat(client)]
          : wantsSeat(client),
    environment: [],
  },
  {
    name: 'expiry',
    summary: 'one client confirms at the deadline, another wants the unit',
    seats: { seat: 1 },
    before: { hold: 'first', seats: SEAT },
    requests: (client) => (client === 0 ? [{ op: 'confirm', hold: 'first' }] : wantsSeat(client)),
    environment: ['deadline'],
  },
  {
    name: 'two-reports',
    summary: 'two processes get the report of one late payment, and both take the unit again',
    seats: { seat: 1 },
    requests: () => TAKEN_AGAIN,
    environment: [],
  },
  {
    name: 'same-id',
    summary: 'the same hold is sent twice',
    seats: { seat: 2 },
    requests: () => [{ op: 'hold', hold: 'same', seats: SEAT }],
    environment: [],
  },
  {
    name: 'batch',
    summary: 'processes with two callers each want the last three units',
    seats: { seat: 3 },
    requests: (client) =>
      [1, 2].map((caller) => ({ op: 'hold', hold: `${holdOf(client)}-${caller}`, seats: SEAT })),
    environment: [],
    isAtOnce: true,
  },
  {
    name: 'timeout',
    summary: 'a wait for a lock times out',
    seats: { seat: 1 },
    requests: (client) => [...wantsSeat(client), { op: 'confirm', hold: holdOf(client) }],
    environment: ['timeout'],
    needs: 'wait-times-out',
  },
  {
    name: 'death',
    summary: 'one client dies at any step, another continues',
    seats: { seat: 1 },
    requests: wantsSeat,
    environment: ['death', 'lease'],
  },
  {
    name: 'pause',
    summary: 'a client pauses for longer than its lease',
    seats: { seat: 1 },
    requests: wantsSeat,
    environment: ['lease'],
    fault: 'client-pause',
    needs: 'lock-expires',
  },
  {
    name: 'forgetting',
    summary: 'Redis loses all its data',
    seats: { seat: 1 },
    requests: wantsSeat,
    environment: ['forgetting'],
    fault: 'lost-writes',
    needs: 'memory-lost',
  },
]

/** Explored only where they are named: too large, or covered by those above. */
const furtherScenarios: readonly Scenario[] = [
  {
    name: 'late-payment',
    summary: 'a payment is reported at the deadline, and another wants the unit',
    seats: { seat: 1 },
    before: { hold: 'first', seats: SEAT },
    requests: (client) => (client === 0 ? PAYMENT_REPORTED : wantsSeat(client)),
    environment: ['deadline'],
  },
  {
    name: 'sale',
    summary: 'one client holds the last unit and confirms, another wants it',
    seats: { seat: 1 },
    requests: (client) =>
      client === 0 ? [...wantsSeat(client), { op: 'confirm', hold: holdOf(client) }] : wantsSeat(client),
    environment: [],
  },
  {
    name: 'two-units',
    summary: 'each client wants a unit, and there are two',
    seats: { ticket: 2 },
    requests: (client) => [{ op: 'hold', hold: holdOf(client), seats: ['ticket'] }],
    environment: [],
  },
]

/** All that can be named. */
export const allScenarios: readonly Scenario[] = [...scenarios, ...furtherScenarios]
