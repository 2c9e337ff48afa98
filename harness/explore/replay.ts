/** Runs one schedule again and judges it. */
import { onApplicationClock } from './application-clock.ts'
import { Batch, type Judged } from './batch.ts'
import { SharedMemoryError } from './environment.ts'
import { run } from './run.ts'
import type { Scenario } from './scenario.ts'
import { STEPS_MAX, type Token } from './schedule.ts'
import type { Choice, Scheduler } from './schedule-run.ts'
import type { Testbed } from './testbed.ts'

/** A step that is impossible at its place in the schedule. The message is one sentence. */
export class ImpossibleStepError extends Error {
  override readonly name = 'ImpossibleStepError'
  readonly code = 'impossible-step'
}

/** Its result; `added`: the steps after the given ones, until all clients had finished. */
export interface Replayed extends Judged {
  readonly added: number
}

/** A schedule to play again. */
interface Playing {
  readonly scenario: Scenario
  readonly steps: readonly Token[]
  readonly isWatched: boolean
}

/**
 * Throws `ImpossibleStepError` for a step that is impossible at that point. `isWatched`: the store is read
 * after each step, for a drawing.
 */
export async function replay(
  testbed: Testbed,
  scenario: Scenario,
  steps: readonly Token[],
  { isWatched = false }: { readonly isWatched?: boolean } = {},
): Promise<Replayed> {
  const playing = { scenario, steps, isWatched }
  const once = () => onApplicationClock(testbed.applicationClock, () => replayOnce(testbed, playing))
  try {
    return await once()
  } catch (error) {
    if (!(error instanceof SharedMemoryError)) throw error
    testbed.isAlone = true
    return await once()
  }
}

async function replayOnce(testbed: Testbed, { scenario, steps, isWatched }: Playing): Promise<Replayed> {
  const batch = await Batch.open(testbed, scenario)
  const prepared = await batch.next()
  if (prepared === undefined) throw new Error('a batch has at least one run')
  const script = new ScriptedSchedule(steps)
  const over = await run(testbed, scenario, prepared, { scheduler: script, stepsMax: STEPS_MAX, isWatched })
  if (script.refusal !== undefined) throw new ImpossibleStepError(script.refusal)
  if (over.steps.length < steps.length) {
    throw new ImpossibleStepError(
      `after step ${over.steps.length} all clients have finished, but the schedule has ${steps.length} steps`,
    )
  }
  batch.add(over)
  const [judged] = await batch.judge()
  if (judged === undefined) throw new Error('the run was not judged')
  return { ...judged, added: over.steps.length - steps.length }
}

/** Makes the given steps, and then lets the first client that can move go on. */
export class ScriptedSchedule implements Scheduler {
  readonly #steps: readonly Token[]
  refusal: string | undefined

  constructor(steps: readonly Token[]) {
    this.#steps = steps
  }

  choose(choices: readonly Choice[], step: number): Token | undefined {
    const wanted = this.#steps[step - 1]
    if (wanted === undefined) return choices[0]?.token
    if (choices.some(({ token }) => token === wanted)) return wanted
    const possible = choices.map(({ token }) => token).join(', ')
    this.refusal = `step ${step} of the schedule cannot be ${wanted}: after the steps before it, only these can be made: ${possible}`
    return undefined
  }

  done(): void {}
}
