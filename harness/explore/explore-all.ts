/** Explores several strategies, each in several scenarios, a few at a time. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { EngineKind } from '../engines/engine.ts'
import type { Engines } from '../engines/open.ts'
import { diagram } from './diagram/diagram.ts'
import { type Explored, type ExploreSettings, exploreOn } from './explore.ts'
import { replay } from './replay.ts'
import { inapplicable, type Scenario } from './scenario.ts'
import { parseSchedule } from './schedule.ts'
import { Testbed } from './testbed.ts'
import { wrongIn } from './transcript.ts'

/**
 * A schedule mostly waits for an engine's answers: a few at a time keep two cores busy, and more would only
 * queue.
 */
const TESTBEDS_AT_ONCE = 4

/**
 * A strategy's scenarios run on one testbed after another: a new one is opened only if something went wrong
 * on the last.
 */
class Testbeds {
  readonly #open: () => Promise<Testbed>
  #testbed: Testbed | undefined

  constructor(...of: Parameters<typeof Testbed.open>) {
    this.#open = () => Testbed.open(...of)
  }

  async clean(): Promise<Testbed> {
    if (this.#testbed?.isUnusable === true) await this.close()
    this.#testbed ??= await this.#open()
    return this.#testbed
  }

  async close(): Promise<void> {
    await this.#testbed?.[Symbol.asyncDispose]()
    this.#testbed = undefined
  }
}

/**
 * Explores each strategy on its own testbed. Calls back after each exploration; returns all of them, in the
 * order of the request.
 */
export async function exploreAll(
  entries: readonly StrategyEntry[],
  scenarios: readonly Scenario[],
  engines: Engines,
  settings: ExploreSettings & {
    /** What the engines can be made to do; those of the registry, if absent. */
    readonly kinds?: readonly EngineKind[]
    /** Which of the explorations to run; all that apply, if absent. */
    readonly isWanted?: (entry: StrategyEntry, scenario: Scenario) => boolean
  },
  onExplored: (explored: Explored) => void = () => {},
): Promise<readonly Explored[]> {
  const found = new Map<StrategyEntry, Explored[]>()
  const queue = entries.values()
  async function work(): Promise<void> {
    for (const entry of queue) {
      const fitting = scenarios.filter(
        (scenario) =>
          inapplicable(scenario, entry, settings.kinds) === undefined &&
          settings.isWanted?.(entry, scenario) !== false,
      )
      if (fitting.length === 0) continue
      const all: Explored[] = []
      found.set(entry, all)
      const testbeds = new Testbeds(entry, engines, settings.clients)
      try {
        for (const scenario of fitting) {
          const testbed = await testbeds.clean()
          const explored = await redrawn(testbed, scenario, await exploreOn(testbed, scenario, settings))
          all.push(explored)
          onExplored(explored)
        }
      } finally {
        await testbeds.close()
      }
    }
  }
  const workers = await Promise.allSettled(Array.from({ length: TESTBEDS_AT_ONCE }, work))
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason
  return entries.flatMap((entry) => found.get(entry) ?? [])
}

/**
 * The same, but its shortest violating schedule is played again and drawn with what was stored after each
 * step, which the search does not read. A schedule that does not go wrong again stays as it was drawn.
 */
async function redrawn(testbed: Testbed, scenario: Scenario, explored: Explored): Promise<Explored> {
  if (explored.schedule === undefined || testbed.isUnusable) return explored
  const schedule = parseSchedule(explored.schedule)
  try {
    const { run, verdict } = await replay(testbed, scenario, schedule.steps, { isWatched: true })
    const wrong = wrongIn(verdict)
    if (wrong === undefined) return explored
    const { events, looks } = run
    return { ...explored, diagramSvg: diagram({ schedule, scenario, events, wrong, looks }) }
  } catch {
    testbed.isUnusable = true
    return explored
  }
}
