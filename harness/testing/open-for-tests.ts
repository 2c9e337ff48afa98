/** Opens the engines of a reader's tests, or says what is missing. */
import type { EngineName } from '../../strategies/strategy.ts'
import { EngineError } from '../engines/engine-error.ts'
import { type OpenedEngines, openEngines } from '../engines/open.ts'
import { engineKinds } from '../engines/registry.ts'
import { checkEngines } from './given.ts'

/** Throws an `EngineError` where one is missing: what was asked for is not proven. */
export async function openForTests(names: readonly EngineName[]): Promise<OpenedEngines> {
  checkEngines(names)
  const fewest = engineKinds.flatMap(({ name, servers }) =>
    servers?.toExplore === undefined ? [] : [[name, servers.toExplore] as const],
  )
  const opened = await openEngines([...new Set(names)], {
    durability: 'relaxed',
    servers: Object.fromEntries(fewest),
  })
  const [absent] = opened.missing
  if (absent === undefined) return opened
  await opened[Symbol.asyncDispose]()
  const { name, why, remedy, problem } = absent
  throw new EngineError({
    engine: name,
    problem,
    message: `Not proven: ${why}\n  To fix it: ${remedy}`,
    remedy,
  })
}
