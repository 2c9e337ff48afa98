/** The options of `holdfast explore`, as given. */
import { allScenarios } from '../../harness/explore/scenario.ts'
import type { CiOptions } from '../ci/report-to-ci.ts'

export interface ExploreOptions extends CiOptions {
  readonly strategies?: string
  readonly strategy: readonly string[]
  readonly scenarios?: string
  readonly on?: string
  readonly clients: string
  readonly schedulesMax: string
  readonly shard?: string
  readonly out?: string
  readonly json?: true
}

/**
 * Three clients of most strategies need some thousands; the limit stops strategies that retry without end.
 */
export const SCHEDULES = { min: 1, max: 10_000_000, default: 200_000 } as const

export const EXAMPLES = `
Scenarios:
${allScenarios.map(({ name, summary }) => `  ${name.padEnd(16)} ${summary}`).join('\n')}

Examples:
  holdfast explore
  holdfast explore --strategy postgres-naive --scenario hold
  holdfast explore --strategy ./mine.ts
  holdfast explore --clients 3 --scenario hold --on postgres
  holdfast explore --clients 3 --shard 1/4 --out shard-1   (holdfast report puts all shards together)
`
