import type { EngineKind } from '../../harness/engines/engine.ts'
import type { OpenEnginesOptions } from '../../harness/engines/open.ts'

/** What an exploration, and a replay of what it found, are run on. */
export function explorerEngines(kinds: readonly EngineKind[]): OpenEnginesOptions {
  const fewest = kinds.flatMap(({ name, servers }) =>
    servers?.toExplore === undefined ? [] : [[name, servers.toExplore] as const],
  )
  return {
    // Nothing is measured, and no power is cut: an answer before it is on disk is as good.
    durability: 'relaxed',
    servers: Object.fromEntries(fewest),
    kinds,
  }
}
