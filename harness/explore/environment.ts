/** What may happen in a schedule besides the clients' own steps, and how it is brought about. */
import type { HoldId } from '../../strategies/strategy.ts'
import type { Touch } from '../engines/engine.ts'
import type { Client } from './client.ts'
import type { Footprint } from './footprint.ts'
import { resourcesOf } from './resources.ts'
import type { EnvironmentEvent, Scenario } from './scenario.ts'
import { LETTERS } from './schedule.ts'
import type { EnvironmentStep } from './schedule-run.ts'
import type { Testbed } from './testbed.ts'

export interface Circumstances {
  readonly testbed: Testbed
  readonly scenario: Scenario
  readonly mark: string
  /** The hold that is there before, and when it is due by the engine's clock. */
  readonly due: { readonly holdId: HoldId; readonly ms: number } | undefined
  readonly clients: readonly Client[]
  /** Told of what happened with an effect. */
  readonly struck: Set<EnvironmentEvent>
}

/** What was kept is kept by all schedules together: one of them alone cannot lose it. */
export class SharedMemoryError extends Error {
  override readonly name = 'SharedMemoryError'
}

export function environmentStepsOf(circumstances: Circumstances): readonly EnvironmentStep[] {
  return circumstances.scenario.environment.flatMap((event) => environmentStepOf(event, circumstances) ?? [])
}

/** None where it cannot happen to this strategy. */
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
 * Time is not waited for but brought about: every clock that the clients can read is moved past the one
 * deadline that is to pass, as if so much time had gone by between two steps. All other holds live longer.
 * What expires sooner is a lock, and does so in other scenarios.
 */
function deadline({ testbed, scenario, due, struck }: Circumstances): EnvironmentStep | undefined {
  if (scenario.before === undefined || due === undefined) return undefined
  const { witness, stores } = testbed
  return {
    token: LETTERS.deadline,
    text: `the deadline of ${scenario.before.hold} passes`,
    // Where nobody can look, it may matter at any time.
    isPossible: async () => witness === undefined || (await witness.status(stores, due.holdId)) === 'held',
    ...(witness !== undefined && { dependsOn: testbed.anything }),
    async happen() {
      struck.add('deadline')
      // The checker compares it with the beginnings and ends of calls.
      return { touches: await testbed.passTime(due.ms), begins: true, ends: true }
    },
  }
}

/**
 * Where somebody may die, only the dead one's lease expires: a lease of somebody who goes on is another
 * scenario.
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
      return { touches: await testbed.expireLocks(keys), begins: false, ends: false }
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
    async happen(step): Promise<Footprint> {
      struck.add('death')
      const sessions = first.sessions()
      // Before it hears that it is dead: what it released to the pool on its way out, the next one would be
      // handed, before the pool has heard that the server ended it.
      testbed.clientConnections[0]?.forget()
      first.die(step)
      const touches = await testbed.endSessions(sessions)
      return { touches, begins: false, ends: true, client: first.number }
    },
  }
}

function forgetting({ testbed, scenario, mark, clients, struck }: Circumstances): EnvironmentStep {
  return {
    token: LETTERS.forgetting,
    text: 'Redis restarts, and has forgotten everything',
    isPossible: () => Promise.resolve(clients.some(({ hasBegun }) => hasBegun)),
    async happen() {
      if (!testbed.isAlone && (await testbed.keepsUnmarked())) throw new SharedMemoryError()
      const touches: readonly Touch[] = await testbed.loseMemory(testbed.isAlone ? '' : mark)
      if (touches.length > 0) struck.add('forgetting')
      // As whoever sells them would, where they were kept in what lost its memory.
      const kept = testbed.witness?.keepsResourcesIn
      if (kept === undefined || touches.some(({ store }) => kept.includes(store))) {
        await testbed.strategy.createResources(resourcesOf(scenario, mark))
      }
      return { touches, begins: false, ends: false }
    },
  }
}

/** Of several that wait, the first one's time is up. */
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
    text: 'whoever waits has waited too long',
    isPossible: async () => (await waiting()) !== undefined,
    async happen() {
      const found = await waiting()
      if (found !== undefined) {
        await found.waits.timeOut(found.session)
        struck.add('timeout')
      }
      return { touches: 'everything', begins: false, ends: true }
    },
  }
}
