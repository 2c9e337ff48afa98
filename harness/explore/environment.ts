/** Events in a schedule besides the clients' own steps, and how they are caused. */
import type { HoldId } from '../../strategies/strategy.ts'
import type { Touch } from '../engines/engine.ts'
import type { Client } from './client.ts'
import { resourcesOf } from './resources.ts'
import type { EnvironmentEvent, Scenario } from './scenario.ts'
import { LETTERS } from './schedule.ts'
import type { EnvironmentStep, EventFootprint } from './schedule-run.ts'
import type { Testbed } from './testbed.ts'

export interface Circumstances {
  readonly testbed: Testbed
  readonly scenario: Scenario
  readonly mark: string
  /** The initial hold, and when it is due by the engine's clock. */
  readonly due: { readonly holdId: HoldId; readonly ms: number } | undefined
  readonly clients: readonly Client[]
  /** Called when an event had an effect. */
  readonly struck: Set<EnvironmentEvent>
}

/** All schedules share what is stored: a single schedule cannot lose only its own data. */
export class SharedMemoryError extends Error {
  override readonly name = 'SharedMemoryError'
}

export function environmentStepsOf(circumstances: Circumstances): readonly EnvironmentStep[] {
  return circumstances.scenario.environment.flatMap((event) => environmentStepOf(event, circumstances) ?? [])
}

/** Empty if it cannot happen to this strategy. */
function environmentStepOf(
  event: EnvironmentEvent,
  circumstances: Circumstances,
): EnvironmentStep | undefined {
  switch (event) {
    case 'deadline':
      return deadline(circumstances)
    case 'lease':
      return lease(circumstances)
    case 'death':
      return death(circumstances)
    case 'forgetting':
      return forgetting(circumstances)
    case 'timeout':
      return timeout(circumstances)
    default:
      return event satisfies never
  }
}

/**
 * Time is moved instead of waited for: every clock that the clients can read is moved past the one deadline
 * that should pass, as if that much time had passed between two steps. All other holds have later deadlines.
 * Anything that expires sooner is a lock, which expires in other scenarios.
 */
function deadline({ testbed, scenario, due, struck }: Circumstances): EnvironmentStep | undefined {
  if (scenario.before === undefined || due === undefined) return undefined
  const { witness, stores } = testbed
  return {
    token: LETTERS.deadline,
    text: `the deadline of ${scenario.before.hold} passes`,
    // If it cannot be checked, it may matter at any time.
    isPossible: async () => witness === undefined || (await witness.status(stores, due.holdId)) === 'held',
    ...(witness !== undefined && { dependsOn: testbed.anything }),
    async happen() {
      struck.add('deadline')
      // The checker compares it with the start and end times of calls.
      return { touches: await testbed.passTime(due.ms), ends: true }
    },
  }
}

/**
 * In a scenario where a client may die, only the dead client's lease expires: the lease of a running client
 * belongs to another scenario.
 */
function lease({ testbed, scenario, mark, clients, struck }: Circumstances): EnvironmentStep {
  const [first] = clients
  const endable = async () => {
    const locks = await testbed.locksHeld(mark)
    if (!scenario.environment.includes('death')) return locks
    return first?.state === 'dead'
      ? locks.filter(({ token }) => testbed.clientConnections[0]?.hasSent(token))
      : []
  }
  return {
    token: LETTERS.lease,
    text: 'the lease expires',
    dependsOn: testbed.anything,
    isPossible: async () => (await endable()).length > 0,
    async happen() {
      const keys = (await endable()).map(({ key }) => key)
      if (keys.length > 0) struck.add('lease')
      return { touches: await testbed.expireLocks(keys), ends: false }
    },
  }
}

function death({ testbed, clients, struck }: Circumstances): EnvironmentStep | undefined {
  const [first] = clients
  if (first === undefined) return undefined
  return {
    token: LETTERS.death,
    text: `${first.name} dies`,
    isPossible: () => Promise.resolve(first.hasBegun),
    async happen(step): Promise<EventFootprint> {
      struck.add('death')
      const sessions = first.sessions()
      // Before the client learns that it is dead: a connection that it returns to the pool on its way out
      // would be given to the next client before the pool notices that the server ended it.
      testbed.clientConnections[0]?.forget()
      first.die(step)
      const touches = await testbed.endSessions(sessions)
      return { touches, ends: true, client: first.number }
    },
  }
}

function forgetting({ testbed, scenario, mark, clients, struck }: Circumstances): EnvironmentStep {
  return {
    token: LETTERS.forgetting,
    text: 'Redis restarts without its data',
    isPossible: () => Promise.resolve(clients.some(({ hasBegun }) => hasBegun)),
    async happen() {
      if (!testbed.isAlone && (await testbed.keepsUnmarked())) throw new SharedMemoryError()
      const touches: readonly Touch[] = await testbed.loseMemory(testbed.isAlone ? '' : mark)
      if (touches.length > 0) struck.add('forgetting')
      // As an operator would, if the resources were stored in the engine that lost its data.
      const kept = testbed.witness?.keepsResourcesIn
      if (kept === undefined || touches.some(({ store }) => kept.includes(store))) {
        await testbed.createAgain(resourcesOf(scenario, mark))
      }
      return { touches, ends: false }
    },
  }
}

/** If several wait, the first one times out. */
function timeout({ testbed, clients, struck }: Circumstances): EnvironmentStep {
  const waiting = async () => {
    for (const client of clients) {
      for (const session of client.sessions()) {
        for (const waits of testbed.waits)
          if (await waits.isWaiting(session)) return { waits, session, client }
      }
    }
    return undefined
  }
  return {
    token: LETTERS.timeout,
    text: 'a wait for a lock times out',
    isPossible: async () => (await waiting()) !== undefined,
    async happen() {
      const found = await waiting()
      if (found !== undefined) {
        await found.waits.timeOut(found.session)
        struck.add('timeout')
      }
      return { touches: 'everything', ends: true }
    },
  }
}
