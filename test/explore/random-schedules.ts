/** Schedules whose steps are drawn at random: none is left out, whatever the search would leave out. */

import type { Engines } from '../../harness/engines/open.ts'
import { onApplicationClock } from '../../harness/explore/application-clock.ts'
import { Batch, type Judged } from '../../harness/explore/batch.ts'
import { SharedMemoryError } from '../../harness/explore/environment.ts'
import { run } from '../../harness/explore/run.ts'
import type { Scenario } from '../../harness/explore/scenario.ts'
import { EXPLORED_STEPS_MAX } from '../../harness/explore/schedule.ts'
import type { Scheduler } from '../../harness/explore/schedule-run.ts'
import { Testbed } from '../../harness/explore/testbed.ts'
import { Random } from '../../harness/workloads/random.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'

interface Drawn {
  readonly clients: number
  /** At least so many are run. */
  readonly count: number
  readonly seed: number
}

export async function randomSchedules(
  entry: StrategyEntry,
  engines: Engines,
  scenario: Scenario,
  drawn: Drawn,
): Promise<readonly Judged[]> {
  await using testbed = await Testbed.open(entry, engines, drawn.clients)
  const all = () => onApplicationClock(testbed.applicationClock, () => runAll(testbed, scenario, drawn))
  try {
    return await all()
  } catch (error) {
    if (!(error instanceof SharedMemoryError)) throw error
    testbed.isAlone = true
    return await all()
  }
}

async function runAll(
  testbed: Testbed,
  scenario: Scenario,
  { count, seed }: Drawn,
): Promise<readonly Judged[]> {
  const random = new Random(seed)
  const scheduler: Scheduler = {
    choose: (choices) => choices[random.below(choices.length)]?.token,
    done() {},
  }
  const all: Judged[] = []
  while (all.length < count) {
    const batch = await Batch.open(testbed, scenario)
    for (let prepared = await batch.next(); prepared !== undefined; prepared = await batch.next()) {
      batch.add(await run(testbed, scenario, prepared, { scheduler, stepsMax: EXPLORED_STEPS_MAX }))
    }
    all.push(...(await batch.judge()))
  }
  return all
}
