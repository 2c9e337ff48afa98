/** The diagrams in docs/diagrams, for teaching. Each is a schedule, run on the real engine. */

import type { StrategyEntry } from '../../strategies/registry.ts'
import type { Engines } from '../engines/open.ts'
import { diagram } from './diagram/diagram.ts'
import { replay } from './replay.ts'
import { scenarios } from './scenario.ts'
import { parseSchedule } from './schedule.ts'
import { Testbed } from './testbed.ts'
import { wrongIn } from './transcript.ts'

export interface ExampleDiagram {
  /** The file's name, without its extension. */
  readonly name: string
  /** In one sentence. */
  readonly about: string
  /** The steps that matter; afterwards the clients continue until all have finished. */
  readonly schedule: string
}

export const exampleDiagrams: readonly ExampleDiagram[] = [
  {
    name: 'double-booking',
    about:
      'Check, then act: Alice and Bob both read that the seat is free, and both get the answer that it is theirs.',
    schedule: 'v2/postgres-naive/hold/2/1.2.1.1.2.2',
  },
  {
    name: 'select-for-update',
    about: 'A row lock: Bob waits for Alice, and then reads her write.',
    schedule: 'v2/postgres-select-for-update/hold/2/1.2.1.1',
  },
  {
    name: 'optimistic-version',
    about: 'A version: Bob’s update matches no row, and he looks again.',
    schedule: 'v2/postgres-optimistic-version/hold/2/1.2.1.1.2',
  },
  {
    name: 'serializable',
    about: 'SERIALIZABLE: PostgreSQL refuses Bob’s update, and his strategy repeats the transaction.',
    schedule: 'v2/postgres-serializable/hold/2/1.2.1.1.2',
  },
  {
    name: 'setnx-pause',
    about: 'A lease: Alice pauses for longer than it lasts, Bob takes it, and both sell the seat.',
    schedule: 'v2/redis-setnx/pause/2/1.1.l.2.2.2.2.2.2',
  },
  {
    name: 'setnx-fenced-pause',
    about: 'The same pause with a fencing token: the database refuses Alice’s late write.',
    schedule: 'v2/redis-setnx-fenced/pause/2/1.1.l.2.2.1.1',
  },
]

/** Runs one schedule and draws it. The same code makes the same drawing. */
export async function drawExample(
  example: ExampleDiagram,
  registry: readonly StrategyEntry[],
  engines: Engines,
): Promise<string> {
  const schedule = parseSchedule(example.schedule)
  const scenario = scenarios.find(({ name }) => name === schedule.scenario)
  const entry = registry.find(({ name }) => name === schedule.strategy)
  if (scenario === undefined || entry === undefined)
    throw new Error(`${example.schedule} names an unknown strategy or scenario`)
  await using testbed = await Testbed.open(entry, engines, schedule.clients)
  const { run, verdict } = await replay(testbed, scenario, schedule.steps)
  return diagram({
    schedule: { ...schedule, steps: run.steps },
    scenario,
    events: run.events,
    wrong: wrongIn(verdict),
  })
}
