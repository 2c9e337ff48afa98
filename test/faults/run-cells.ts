/** Whole cells in a test: on servers of their own, without files or words. */
import type { EngineKind } from '../../harness/engines/engine.ts'
import { engineKinds } from '../../harness/engines/registry.ts'
import type { PlannedCell } from '../../harness/faults/plan.ts'
import { runFaults } from '../../harness/faults/run.ts'
import type { Results } from '../../harness/results/results.ts'

/** These tests end servers: never one that somebody else has named. */
const { POSTGRES_URL: _p, REDIS_URL: _r, REDIS_URLS: _rs, TIGERBEETLE_ADDRESSES: _t, ...env } = process.env

export function runCells(
  cells: readonly PlannedCell[],
  kinds: readonly EngineKind[] = engineKinds,
): Promise<Results> {
  return runFaults({
    cells,
    kinds,
    env,
    log() {},
    signal: new AbortController().signal,
    command: 'a test',
    before: undefined,
    keepHistory: async () => undefined,
    onCell: async () => undefined,
  })
}
