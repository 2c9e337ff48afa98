/** The engines that the tests of one strategy share, and the tables and keys of its conformance cases. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import { groundFor } from '../conformance/run.ts'
import type { Engines } from '../engines/open.ts'
import { controlFor } from '../entries/control.ts'
import type { Ground } from '../ground/ground.ts'
import { openForTests } from './open-for-tests.ts'

export interface Stage extends AsyncDisposable {
  readonly engines: Engines
  /** Made when the first case needs it. */
  ground(): Promise<Ground>
}

/** On engines that somebody else opened, and will close. */
export function stageOn(entry: StrategyEntry, engines: Engines): Stage {
  let ground: Promise<Ground> | undefined
  return {
    engines,
    ground: () => (ground ??= groundFor(entry, engines)),
    async [Symbol.asyncDispose]() {
      // Why it could not be made was told to the case that asked for it.
      await (await ground?.catch(() => undefined))?.dispose()
    },
  }
}

/**
 * Opens the strategy's engines, and those of the control where it is to be caught. Each test file has its
 * own: servers listen on free ports, and what is on a server of the reader's has names of its own. Throws an
 * `EngineError` where one is missing: what was asked for is not proven.
 */
export async function openStage(
  entry: StrategyEntry,
  { withControl }: { readonly withControl: boolean },
): Promise<Stage> {
  const opened = await openForTests([...entry.engines, ...(withControl ? controlFor([entry]).engines : [])])
  const stage = stageOn(entry, opened.engines)
  return {
    ...stage,
    async [Symbol.asyncDispose]() {
      await stage[Symbol.asyncDispose]()
      await opened[Symbol.asyncDispose]()
    },
  }
}
