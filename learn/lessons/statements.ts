/**
 * What the prose of the lessons says of figures without quoting them: one is more than another, by more than
 * the noise. When a new study says otherwise, the sentence has to change.
 */
import type { Condition } from '../../experiments/data.ts'
import type { FigureName } from '../../experiments/figures.ts'

interface Statement {
  readonly lesson: number
  readonly experiment: string
  readonly figure: FigureName
  readonly more: Condition
  readonly than: Condition
}

const LOCK = 'postgres-select-for-update'
const GUARD = 'postgres-conditional-update'
const VERSION = 'postgres-optimistic-version'
const BATCHED = 'postgres-conditional-update-batched'

// biome-ignore format: one statement a line, so that the list reads as a table
export const STATEMENTS: readonly Statement[] = [
  { lesson: 1, experiment: 'lock-cliff', figure: 'bystanderP50', more: { strategy: LOCK, concurrency: 64, poolSize: 16 }, than: { strategy: LOCK, concurrency: 64, poolSize: 200 } },
  { lesson: 1, experiment: 'lock-cliff', figure: 'holdP95', more: { strategy: LOCK, concurrency: 267 }, than: { strategy: GUARD, concurrency: 267 } },
  { lesson: 2, experiment: 'bystanders', figure: 'bystanderP95', more: { strategy: LOCK, concurrency: 128 }, than: { strategy: GUARD, concurrency: 128 } },
  { lesson: 2, experiment: 'bystanders', figure: 'bystanderP95', more: { strategy: GUARD, concurrency: 128 }, than: { strategy: 'redis-seat-key', concurrency: 128 } },
  { lesson: 2, experiment: 'bystanders', figure: 'readP50', more: { strategy: LOCK, concurrency: 128 }, than: { strategy: LOCK, concurrency: 8 } },
  { lesson: 2, experiment: 'counted-seats', figure: 'goodput', more: { strategy: LOCK }, than: { strategy: `${LOCK}-counted` } },
  { lesson: 3, experiment: 'slow-call', figure: 'goodput', more: { strategy: GUARD, workload: 'seat-map', criticalSectionMs: 50 }, than: { strategy: VERSION, workload: 'seat-map', criticalSectionMs: 50 } },
  { lesson: 3, experiment: 'slow-call', figure: 'loserP50', more: { strategy: LOCK, workload: 'hot-seat', criticalSectionMs: 50 }, than: { strategy: GUARD, workload: 'hot-seat', criticalSectionMs: 50 } },
  { lesson: 4, experiment: 'optimistic', figure: 'attempts', more: { strategy: VERSION, workload: 'sell-out', concurrency: 64 }, than: { strategy: VERSION, workload: 'sell-out', concurrency: 4 } },
  { lesson: 4, experiment: 'optimistic', figure: 'goodput', more: { strategy: GUARD, workload: 'sell-out', concurrency: 64 }, than: { strategy: VERSION, workload: 'sell-out', concurrency: 64 } },
  { lesson: 5, experiment: 'durable-redis', figure: 'sales', more: { strategy: 'redis-lua', durability: 'durable' }, than: { strategy: GUARD, durability: 'durable' } },
  { lesson: 5, experiment: 'durable-redis', figure: 'sales', more: { strategy: BATCHED, durability: 'durable' }, than: { strategy: GUARD, durability: 'durable' } },
  { lesson: 7, experiment: 'combined', figure: 'goodput', more: { strategy: GUARD, workload: 'seat-map' }, than: { strategy: 'redlock-guarded', workload: 'seat-map' } },
  { lesson: 8, experiment: 'isolation', figure: 'goodput', more: { strategy: GUARD, concurrency: 32 }, than: { strategy: 'postgres-serializable', concurrency: 32 } },
  { lesson: 9, experiment: 'loser', figure: 'loserP95', more: { strategy: LOCK, concurrency: 64 }, than: { strategy: GUARD, concurrency: 64 } },
  { lesson: 9, experiment: 'loser', figure: 'askAgain', more: { strategy: 'postgres-nowait', concurrency: 64 }, than: { strategy: LOCK, concurrency: 64 } },
  { lesson: 10, experiment: 'two-seats', figure: 'deadlocks', more: { strategy: 'postgres-locks-in-any-order' }, than: { strategy: 'postgres-locks-in-order' } },
  { lesson: 13, experiment: 'batching', figure: 'goodput', more: { strategy: BATCHED, concurrency: 512, processes: 1 }, than: { strategy: GUARD, concurrency: 512 } },
  { lesson: 13, experiment: 'batching', figure: 'holdP95', more: { strategy: GUARD, concurrency: 512 }, than: { strategy: BATCHED, concurrency: 512, processes: 1 } },
  { lesson: 13, experiment: 'batching', figure: 'batch', more: { strategy: 'tigerbeetle-pending-transfer-batched', concurrency: 512, processes: 1 }, than: { strategy: 'tigerbeetle-pending-transfer-batched', concurrency: 512, processes: 3 } },
]
