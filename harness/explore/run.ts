/** One schedule of one scenario on a stage: who plays, what may happen, and what came of it. */
import type { EngineName, HoldId, ReservationStrategy, Resource } from '../../strategies/strategy.ts'
import { RUN_MARK } from '../engines/wording.ts'
import type { HistoryHeader, Operation } from '../history/record.ts'
import { Deadlines, headerOf, type Noted, noted, operationsOf, type Sent, TTL_MS } from './chronicle.ts'
import { type Call, Client } from './client.ts'
import { type Chance, type Director, type Event, playSchedule } from './play.ts'
import { CLIENT_NAMES, type ClientRequest, type Happening, type Scenario } from './scenario.ts'
import { LETTERS, STEPS_MAX, type Token } from './schedule.ts'
import { SETTINGS, type Stage } from './stage.ts'

/** A run that is prepared: its number marks all its names. */
export interface Prepared {
  readonly mark: string
  readonly resources: readonly Resource[]
  /** The hold that was there before, as it was asked and answered. */
  readonly before: readonly Noted[]
}

export interface Run {
  readonly prepared: Prepared
  readonly steps: readonly Token[]
  readonly events: readonly Event[]
  readonly isComplete: boolean
  readonly header: HistoryHeader
  readonly operations: readonly Operation[]
  readonly deadlines: Deadlines
  /** What it left behind. */
  readonly complaints: readonly string[]
}

export function resourcesOf(scenario: Scenario, mark: string): readonly Resource[] {
  return Object.entries(scenario.seats).map(([name, capacity]) => ({
    id: `${name}${mark}` as Resource['id'],
    capacity,
  }))
}

export function markOf(number: number): string {
  return `${RUN_MARK}${number}`
}

/** Makes the hold that is there before. The resources are there already. */
export async function prepare(stage: Stage, scenario: Scenario, mark: string): Promise<Prepared> {
  const resources = resourcesOf(scenario, mark)
  if (scenario.before === undefined) return { mark, resources, before: [] }
  const sent = sentOf({ op: 'hold', ...scenario.before }, mark)
  const outcome = await ask(stage.strategy, sent)
  return {
    mark,
    resources,
    before: [{ client: 0, sent, began: 0, ended: 0, answer: { kind: 'answered', outcome } }],
  }
}

export async function run(
  stage: Stage,
  scenario: Scenario,
  prepared: Prepared,
  director: Director,
): Promise<Run> {
  const { entry, wings } = stage
  const { mark } = prepared
  const clients = wings.map(
    ({ sessions }, at) => new Client(CLIENT_NAMES[at] ?? `client ${at + 1}`, at + 1, sessions),
  )
  const sentBy = clients.map((_, at) => scenario.requests(at).map((request) => sentOf(request, mark)))
  const strategies: ReservationStrategy[] = []
  try {
    for (const { connections } of wings) strategies.push(await entry.open(connections, SETTINGS))
    clients.forEach((client, at) => {
      wings[at]?.doorway.setKeeper(client)
      const strategy = strategies[at]
      const calls = (sentBy[at] ?? []).map((sent, request) => callOf(sent, scenario.requests(at)[request]))
      if (strategy !== undefined) client.start(strategy, calls)
    })
    const chances = scenario.happenings.flatMap((each) => chanceOf(each, { stage, scenario, mark, clients }))
    const cast = {
      clients,
      chances,
      waitsOf: (store: EngineName) => stage.waitsOf(store),
      // A dead client's lease would be asked for again and again.
      async beforeRunningOut() {
        await stage.expireLocks((await stage.locksHeld(mark)).map(({ key }) => key))
      },
    }
    const { steps, events, isComplete } = await playSchedule(cast, director, STEPS_MAX)
    const calls = clients.flatMap(({ number, made }, at) =>
      made.flatMap((each, request) => {
        const sent = sentBy[at]?.[request]
        return sent === undefined ? [] : [noted(number, sent, each)]
      }),
    )
    const passed = steps.indexOf(LETTERS.deadline)
    const deadlines = new Deadlines(
      scenario.before === undefined || passed === -1
        ? new Map()
        : new Map([[scenario.before.hold + mark, passed + 1]]),
    )
    return {
      prepared,
      steps,
      events,
      isComplete,
      header: headerOf(entry, scenario.name, prepared.resources),
      operations: operationsOf([...prepared.before, ...calls], deadlines),
      deadlines,
      complaints: await stage.tidy(),
    }
  } finally {
    for (const { doorway } of wings) doorway.setKeeper(undefined)
    for (const strategy of strategies) await strategy.close()
  }
}

function sentOf(request: ClientRequest, mark: string): Sent {
  const holdId = `${request.hold}${mark}` as Extract<Sent, { holdId: unknown }>['holdId']
  if (request.op !== 'hold') return { op: request.op, holdId }
  const lines = request.seats.map((seat) => ({ resourceId: `${seat}${mark}` as Resource['id'], quantity: 1 }))
  return { op: 'hold', request: { holdId, lines, ttlMs: TTL_MS } }
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

function callOf(sent: Sent, request: ClientRequest | undefined): Call {
  const what =
    request?.op === 'hold' ? `${request.seats.join(' and ')} as ${request.hold}` : (request?.hold ?? '')
  return { label: `${sent.op} ${what}`, ask: (strategy) => ask(strategy, sent) }
}

interface Circumstances {
  readonly stage: Stage
  readonly scenario: Scenario
  readonly mark: string
  readonly clients: readonly Client[]
}

/** None where it cannot happen to this strategy. */
function chanceOf(happening: Happening, circumstances: Circumstances): readonly Chance[] {
  const { stage, scenario, mark, clients } = circumstances
  const { stores } = stage
  const [first] = clients
  const token = LETTERS[happening]
  switch (happening) {
    case 'deadline': {
      // Time is not waited for but brought about: the one deadline that is to pass is moved to this very moment, by the engine's
      // own clock. For everybody who reads the clock afterwards it has passed, and whoever read it before had read an earlier time:
      // just as if so much time had gone by between two steps, and nothing else had fallen due meanwhile.
      const passing = stage.witness?.deadline
      if (scenario.before === undefined || passing === undefined) return []
      const holdId = (scenario.before.hold + mark) as HoldId
      return [
        {
          token,
          text: `the deadline of ${scenario.before.hold} passes`,
          dependsOn: stage.anything,
          isPossible: () => passing.canPass(stores, holdId),
          // The checker compares it with the beginnings and ends of calls.
          async happen() {
            const written = await passing.pass(stores, holdId)
            const touches = written.flatMap(
              ({ engine, names }) => stage.explorable(engine)?.timePassed(names) ?? [],
            )
            return { touches, begins: true, ends: true }
          },
        },
      ]
    }
    case 'lease': {
      // Where somebody may die, only the dead one's lease expires: a lease of somebody who goes on is another scenario.
      const endable = async () => {
        const locks = await stage.locksHeld(mark)
        if (!scenario.happenings.includes('death')) return locks
        return first?.state === 'dead' ? locks.filter(({ token }) => stage.wings[0]?.hasSent(token)) : []
      }
      return [
        {
          token,
          text: 'the lease expires',
          dependsOn: stage.anything,
          isPossible: async () => (await endable()).length > 0,
          async happen() {
            const keys = (await endable()).map(({ key }) => key)
            return { touches: await stage.expireLocks(keys), begins: false, ends: false }
          },
        },
      ]
    }
    case 'death': {
      if (first === undefined) return []
      return [
        {
          token,
          text: `${first.name} dies`,
          isPossible: () => Promise.resolve(first.hasBegun),
          async happen(step) {
            const sessions = first.sessions()
            // Before it hears that it is dead: what it released to the pool on its way out, the next one would be handed, before the
            // pool has heard that the server ended it.
            stage.wings[0]?.forget()
            first.die(step)
            return { touches: await stage.endSessions(sessions), begins: false, ends: true }
          },
        },
      ]
    }
    case 'forgetting':
      return [
        {
          token,
          text: 'Redis restarts, and has forgotten everything',
          isPossible: () => Promise.resolve(clients.some(({ hasBegun }) => hasBegun)),
          async happen() {
            const touches = await stage.loseMemory(mark)
            // As whoever sells them would, where they were kept in what lost its memory.
            const kept = stage.witness?.keepsResourcesIn
            if (kept === undefined || touches.some(({ store }) => kept.includes(store))) {
              await stage.strategy.createResources(resourcesOf(scenario, mark))
            }
            return { touches, begins: false, ends: false }
          },
        },
      ]
    default:
      return happening satisfies never
  }
}
