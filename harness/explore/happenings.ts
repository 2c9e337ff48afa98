/** What may happen in a schedule besides the clients' own steps, and how it is brought about. */
import type { HoldId } from '../../strategies/strategy.ts'
import type { Touch } from '../engines/engine.ts'
import type { Client } from './client.ts'
import type { Footprint } from './footprint.ts'
import type { Chance } from './play.ts'
import { resourcesOf } from './resources.ts'
import type { Happening, Scenario } from './scenario.ts'
import { LETTERS } from './schedule.ts'
import type { Stage } from './stage.ts'

export interface Circumstances {
  readonly stage: Stage
  readonly scenario: Scenario
  readonly mark: string
  readonly clients: readonly Client[]
  /** Told of what happened with an effect. */
  readonly struck: Set<Happening>
}

/** What was kept is kept by all schedules together: one of them alone cannot lose it. */
export class SharedMemoryError extends Error {
  override readonly name = 'SharedMemoryError'
}

export function chancesOf(circumstances: Circumstances): readonly Chance[] {
  return circumstances.scenario.happenings.flatMap((happening) => chanceOf(happening, circumstances) ?? [])
}

/** None where it cannot happen to this strategy. */
function chanceOf(happening: Happening, circumstances: Circumstances): Chance | undefined {
  switch (happening) {
    case 'deadline':
      return deadline(circumstances)
    case 'lease':
      return lease(circumstances)
    case 'death':
      return death(circumstances)
    case 'forgetting':
      return forgetting(circumstances)
    default:
      return happening satisfies never
  }
}

/**
 * Time is not waited for but brought about: the one deadline that is to pass is moved to this very moment, by
 * the engine's own clock. For everybody who reads the clock afterwards it has passed, and whoever read it
 * before had read an earlier time: just as if so much time had gone by between two steps, and nothing else
 * had fallen due meanwhile. Where a client has locked what would have to be written, it does not pass in that
 * schedule.
 */
function deadline({ stage, scenario, mark, struck }: Circumstances): Chance | undefined {
  const passing = stage.witness?.deadline
  if (scenario.before === undefined || passing === undefined) return undefined
  const { hold } = scenario.before
  const holdId = (hold + mark) as HoldId
  return {
    token: LETTERS.deadline,
    text: `the deadline of ${hold} passes`,
    dependsOn: stage.anything,
    isPossible: () => passing.canPass(stage.stores, holdId),
    async happen() {
      const written = await stage.withoutWaiting(() => passing.pass(stage.stores, holdId))
      if (written === undefined) return { touches: 'everything', begins: true, ends: true }
      struck.add('deadline')
      const touches = written.flatMap(
        ({ engine, names }) => stage.explorable(engine)?.timePassed(names) ?? [],
      )
      // The checker compares it with the beginnings and ends of calls.
      return { touches, begins: true, ends: true }
    },
  }
}

/**
 * Where somebody may die, only the dead one's lease expires: a lease of somebody who goes on is another
 * scenario.
 */
function lease({ stage, scenario, mark, clients, struck }: Circumstances): Chance {
  const [first] = clients
  const endable = async () => {
    const locks = await stage.locksHeld(mark)
    if (!scenario.happenings.includes('death')) return locks
    return first?.state === 'dead' ? locks.filter(({ token }) => stage.wings[0]?.hasSent(token)) : []
  }
  return {
    token: LETTERS.lease,
    text: 'the lease expires',
    dependsOn: stage.anything,
    isPossible: async () => (await endable()).length > 0,
    async happen() {
      const keys = (await endable()).map(({ key }) => key)
      if (keys.length > 0) struck.add('lease')
      return { touches: await stage.expireLocks(keys), begins: false, ends: false }
    },
  }
}

function death({ stage, clients, struck }: Circumstances): Chance | undefined {
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
      stage.wings[0]?.forget()
      first.die(step)
      const touches = await stage.endSessions(sessions)
      return { touches, begins: false, ends: true, client: first.number }
    },
  }
}

function forgetting({ stage, scenario, mark, clients, struck }: Circumstances): Chance {
  return {
    token: LETTERS.forgetting,
    text: 'Redis restarts, and has forgotten everything',
    isPossible: () => Promise.resolve(clients.some(({ hasBegun }) => hasBegun)),
    async happen() {
      if (!stage.isAlone && (await stage.keepsUnmarked())) throw new SharedMemoryError()
      const touches: readonly Touch[] = await stage.loseMemory(stage.isAlone ? '' : mark)
      if (touches.length > 0) struck.add('forgetting')
      // As whoever sells them would, where they were kept in what lost its memory.
      const kept = stage.witness?.keepsResourcesIn
      if (kept === undefined || touches.some(({ store }) => kept.includes(store))) {
        await stage.strategy.createResources(resourcesOf(scenario, mark))
      }
      return { touches, begins: false, ends: false }
    },
  }
}
