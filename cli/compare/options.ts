/** The options of `holdfast compare`, as given. */
import { ONCE } from '../../harness/compare/tour.ts'
import type { CiOptions } from '../ci/report-to-ci.ts'

export const DURATION_MS_DEFAULT = 2000
/** Callers outside the tour. */
export const CONCURRENCY_DEFAULT = 32
export const WARMUP_MS_DEFAULT = 50
export const OUT_DEFAULT = 'results'
/** Selects no strategy of the registry, only the user's own. */
export const NONE = 'none'

export interface CompareOptions extends CiOptions {
  readonly strategies?: string
  readonly strategy: readonly string[]
  readonly adapter?: string
  readonly workloads?: string
  readonly concurrency?: string
  readonly duration?: string
  readonly warmup?: string
  readonly repeats?: string
  readonly seed?: string
  readonly pool?: string
  readonly criticalSection?: string
  readonly networkLatency?: string
  readonly durability?: string
  readonly engines?: string
  readonly processes?: string
  readonly json?: true
  readonly out: string
  readonly report?: string
  readonly live?: true | string
  readonly keepHistories?: true
}

/** Whether none of the options that select trials was given. */
export function isTour({ workloads, concurrency, repeats }: CompareOptions): boolean {
  return workloads === undefined && concurrency === undefined && repeats === undefined
}

export const EXAMPLES = `
Without --workloads, --concurrency and --repeats, compare runs a tour of about two minutes: almost every
workload once with ${ONCE.concurrency} callers, to find out who oversells. It is too short to rank anything: holdfast study does.
With any of these options, every workload runs with every number of callers, the given number of times.

Examples:
  holdfast compare
  holdfast compare --strategies postgres-nowait,postgres-select-for-update --workloads hot-seat
  holdfast compare --workloads hot-seat --concurrency 1,16,64,256 --duration 5s --repeats 5
  holdfast compare --strategy ./mine.ts --strategies postgres-select-for-update
  holdfast compare --strategy http://127.0.0.1:9000 --strategies postgres-select-for-update
  holdfast compare --critical-section 50ms --pool 64 --workloads hot-seat,seat-map
  holdfast compare --network-latency 1ms --workloads hot-seat,sell-out
  holdfast compare --processes 4 --workload hot-seat --strategies postgres-nowait
  holdfast compare --engines containers --strategies postgres-nowait
  holdfast compare --json > run.json
`
