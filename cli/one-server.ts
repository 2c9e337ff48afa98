/** What keeps records of its own beside holds: it does not run where events are divided among servers. */
import { EngineError } from '../harness/engines/engine-error.ts'
import type { Engines } from '../harness/engines/open.ts'

/** Throws an `EngineError`. `what`: the beginning of a sentence. */
export function requireOneServer(engines: Engines, what: string): void {
  for (const engine of Object.values(engines)) {
    if (engine?.dividesEvents === undefined) continue
    throw new EngineError({
      engine: engine.name,
      problem: 'misconfigured',
      message: `${what} cannot be used with several servers of one engine: what it writes down names no event, by which they are found.`,
      remedy: engine.dividesEvents.remedy,
    })
  }
}
