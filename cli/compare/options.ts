/** The options of `holdfast compare`, as given. */
import { ONCE } from '../../harness/compare/tour.ts'
import type { CiOptions } from '../ci/report-to-ci.ts'

export const DURATION_MS_DEFAULT = 2000
/** Callers outside the tour. */
export const CONCURRENCY_DEFAULT = 32
export const WARMUP_MS_DEFAULT = 50
export const OUT_DEFAULT = 'results'
/** Of a run with a fault, unless others are named: holds are granted until the end, and sales made in one. */
export const FAULT_WORKLOADS: readonly string[] = ['hot-seat', 'drain']
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
  readonly rate?: string
  readonly durability?: string
  readonly fault?: string
  readonly engines?: string
  readonly processes?: string
  readonly shard?: string
  readonly json?: true
  readonly out: string
  readonly report?: string
  readonly live?: true | string
  readonly keepHistories?: true
  /** Of other commands; here it is refused. */
  readonly quick?: true
}

/** Whether none of the options that select trials was given. */
export function isTour({ workloads, concurrency, repeats, rate, fault }: CompareOptions): boolean {
  return [workloads, concurrency, repeats, rate, fault].every((option) => option === undefined)
}

export const EXAMPLES = `
Without --workloads, --concurrency, --repeats and --rate, compare runs a tour of about two minutes: almost every
workload once with ${ONCE.concurrency} callers, to find out who oversells. It is too short to rank anything: holdfast study does.
With any of these options, every workload runs with every number of callers, the given number of times.

--critical-section is spent between a strategy's read or lock and its commit, as by an application that calls a payment
service while it holds the row lock. A technique without such a place leaves it to the caller, after the hold was
answered and outside its latency; the results say which. --network-latency adds a round-trip time: on one machine seven
round trips look free, and they are not. --processes splits the callers over processes with connections of their own,
which convicts a strategy that protects units only in the memory of one. --durability relaxed lets the engines that are
started acknowledge before data is on disk. --seed makes the same requests again; their timing depends on the machine.
--live serves its page on 127.0.0.1 and ends once every open page has the report, at most ten seconds later.

With --rate, buyers begin at intended times (an open loop), and their waits count from then: a stall is paid for by
all who would have come during it. --concurrency limits how many are served at once. The waits of each trial are
saved as a log of HdrHistogram (*.hlog, microseconds) beside the results. Without it, each caller begins again as soon
as it has its answer (a closed loop).

--fault inflicts one fault on each trial but the control's, a second after its begin; each is described by "holdfast
faults --help". A trial says whether it struck, and when it was healed; one in which it did not strike proves nothing
about it. Without --workloads these are ${FAULT_WORKLOADS.join(' and ')}. Strategies that it cannot happen to are left out, with the reason.

--shard runs a part of the rounds, for one of several machines: each round, one workload with one seed, is run by all
strategies on one machine. Every shard runs the control. holdfast report puts the results of all shards together.

Examples:
  holdfast compare
  holdfast compare --strategies postgres-nowait,postgres-select-for-update --workloads hot-seat
  holdfast compare --workloads hot-seat --concurrency 1,16,64,256 --duration 5s --repeats 5
  holdfast compare --strategy ./mine.ts --strategies postgres-select-for-update
  holdfast compare --strategy http://127.0.0.1:9000 --strategies postgres-select-for-update
  holdfast compare --critical-section 50ms --pool 64 --workloads hot-seat,seat-map
  holdfast compare --network-latency 1ms --workloads hot-seat,sell-out
  holdfast compare --rate 500 --concurrency 256 --workloads sell-out --duration 10s
  holdfast compare --processes 4 --workload hot-seat --strategies postgres-nowait
  holdfast compare --fault client-paused --strategies redlock,redlock-guarded
  holdfast compare --engines containers --strategies postgres-nowait
  holdfast compare --workloads hot-seat,drain --repeats 8 --seed 7 --shard 1/4 --out shard-1
  holdfast compare --json > run.json
`
