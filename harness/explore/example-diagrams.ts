/** The diagrams in docs/diagrams, for teaching. Each is a schedule, run on the real engine. */

import type { StrategyEntry } from '../../strategies/registry.ts'
import type { Engines } from '../engines/open.ts'
import { diagram } from './diagram/diagram.ts'
import { replay } from './replay.ts'
import { allScenarios } from './scenario.ts'
import { parseSchedule } from './schedule.ts'
import { Testbed } from './testbed.ts'
import { wrongIn } from './transcript.ts'

export interface ExampleDiagram {
  /** The file's name, without its extension. */
  readonly name: string
  /** What happens, in one sentence without its full stop. */
  readonly title: string
  /** The steps that matter; afterwards the clients continue until all have finished. */
  readonly schedule: string
  /** Columns of rows that matter to the technique. */
  readonly columns?: readonly string[]
  /** Its strategy is made for the drawing, and `holdfast replay` does not know it. */
  readonly isOnlyDrawn?: true
}

export const exampleDiagrams: readonly ExampleDiagram[] = [
  {
    name: 'double-booking',
    title: 'Both read that the seat is free, and both are told that it is theirs',
    schedule: 'v2/postgres-naive/hold/2/1.2.1.1.2.2',
  },
  {
    name: 'select-for-update',
    title: 'Bob waits for Alice’s row lock, and then reads what she wrote',
    schedule: 'v2/postgres-select-for-update/hold/2/1.2.1.1',
  },
  {
    name: 'advisory-lock',
    title: 'Bob waits for Alice’s advisory lock, and then reads what she wrote',
    schedule: 'v2/postgres-advisory-lock/hold/2/1.2.1.1.1',
  },
  {
    name: 'nowait',
    title: 'The row is locked: Bob is told at once to ask again',
    schedule: 'v2/postgres-nowait/hold/2/1.2.2.1.1',
  },
  {
    name: 'skip-locked',
    title: 'Bob skips the ticket that Alice is taking, and takes the next one',
    schedule: 'v2/postgres-skip-locked/two-units/2/1.2.1.2.1.2',
  },
  {
    name: 'deadlock',
    title: 'Each waits for the seat of the other, until PostgreSQL ends one of them',
    schedule: 'v2/postgres-locks-as-named/two-seats/2/1.2.1.2',
    isOnlyDrawn: true,
  },
  {
    name: 'optimistic-version',
    title: 'Bob’s update looks for a version that is gone, and changes nothing',
    schedule: 'v2/postgres-optimistic-version/hold/2/1.2.1.1.2',
    columns: ['version'],
  },
  {
    name: 'serializable',
    title: 'PostgreSQL refuses Bob’s update, because his snapshot is too old',
    schedule: 'v2/postgres-serializable/hold/2/1.2.1.1.2',
  },
  {
    name: 'conditional-update',
    title: 'One statement checks and takes: Bob’s finds nothing to take',
    schedule: 'v2/postgres-conditional-update/hold/2/1.2',
  },
  {
    name: 'setnx-pause',
    title: 'Alice pauses for longer than her lease, and both sell the seat',
    schedule: 'v2/redis-setnx/pause/2/1.1.l.2.2.2.2.2.2',
  },
  {
    name: 'setnx-fenced-pause',
    title: 'Bob has token 34: Alice’s late write with token 33 changes nothing',
    schedule: 'v2/redis-setnx-fenced/pause/2/1.1.l.2.2.1.1',
    columns: ['fence'],
  },
  {
    name: 'redlock-pause',
    title: 'The lock on all nodes expires during a pause, and both sell the seat',
    schedule: 'v2/redlock/pause/2/1.1.1.1.l.2.2.2.1',
  },
  {
    name: 'tigerbeetle-pending-transfer',
    title: 'A hold is a pending transfer: the budget is spent before it is posted',
    schedule: 'v2/tigerbeetle-pending-transfer/sale/2/1.2.1',
  },
  {
    name: 'expiry-against-confirm',
    title: 'The deadline passes first: Alice’s confirm finds no live hold, and Bob has the seat',
    schedule: 'v2/postgres-conditional-update/expiry/2/d.2.2.1.2.2',
  },
]

/** Runs one schedule and draws it. The same code makes the same drawing. */
export async function drawExample(
  { schedule: text, title, columns = [], isOnlyDrawn }: ExampleDiagram,
  entries: readonly StrategyEntry[],
  engines: Engines,
): Promise<string> {
  const schedule = parseSchedule(text)
  const scenario = allScenarios.find(({ name }) => name === schedule.scenario)
  const entry = entries.find(({ name }) => name === schedule.strategy)
  if (scenario === undefined || entry === undefined)
    throw new Error(`${text} names an unknown strategy or scenario`)
  await using testbed = await Testbed.open(entry, engines, schedule.clients)
  const { run, verdict } = await replay(testbed, scenario, schedule.steps, { isWatched: true })
  return diagram({
    schedule,
    scenario,
    events: run.events,
    wrong: wrongIn(verdict),
    looks: run.looks,
    title,
    columns,
    isReplayable: isOnlyDrawn !== true,
  })
}
