/** The engines of one test file. What is not there is not proven: its tests are skipped, and the last lines of the run say so. */
import { afterAll } from 'vitest'
import { type Engines, type MissingEngine, openEngines } from '../harness/engines/engines.ts'
import type { EngineName } from '../strategies/strategy.ts'

export interface TestEngines {
  readonly engines: Engines
  readonly missing: readonly MissingEngine[]
  /** Whether one of these is not there. PostgreSQL comes with the program: tests never do without it. */
  lacks(names: readonly EngineName[]): boolean
}

/** Called at the top of a file, since what is to be skipped is decided before anything runs. Closed when the file is through. */
export async function withEngines(
  names: readonly EngineName[],
  env: NodeJS.ProcessEnv = process.env,
  sizes: { readonly redisNodes?: number } = {},
): Promise<TestEngines> {
  const opened = await openEngines(names, { durability: 'relaxed', env, ...sizes })
  afterAll(() => opened[Symbol.asyncDispose]())
  const { engines, missing } = opened
  for (const { name, why } of missing) {
    if (name === 'postgres') throw new Error(why)
  }
  return {
    engines,
    missing,
    lacks: (wanted) => missing.some(({ name }) => wanted.includes(name)),
  }
}
