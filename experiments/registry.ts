/** Every experiment, in the order of the study. A new one is a file in this folder and a line here. */
import { registry, type StrategyEntry } from '../strategies/registry.ts'
import { abandoned } from './abandoned.ts'
import { batching } from './batching.ts'
import { bystanders } from './bystanders.ts'
import { cacheDown } from './cache-down.ts'
import { combined } from './combined.ts'
import { countedSeats } from './counted-seats.ts'
import { deadline } from './deadline.ts'
import { durableRedis } from './durable-redis.ts'
import type { Experiment } from './experiment.ts'
import { hotEventsOnMasters } from './hot-events.ts'
import { isolation } from './isolation.ts'
import { lockCliff } from './lock-cliff.ts'
import { loser } from './loser.ts'
import { oneMap } from './one-map.ts'
import { onePool } from './one-pool.ts'
import { oneSeat } from './one-seat.ts'
import { optimistic } from './optimistic.ts'
import { repeatedRequests } from './repeated-requests.ts'
import { replicas } from './replicas.ts'
import { roundTrips } from './round-trips.ts'
import { sections } from './sections.ts'
import { shards } from './shards.ts'
import { slowCall } from './slow-call.ts'
import { standby } from './standby.ts'
import { twoSeats } from './two-seats.ts'
import { waitingRoom } from './waiting-room.ts'

/** A strategy of an experiment: of the registry, or one that an experiment brings. */
export function studiedEntry(name: string): StrategyEntry | undefined {
  return [...registry, ...experiments.flatMap(({ variants = [] }) => variants)].find(
    (each) => each.name === name,
  )
}

export const experiments: readonly Experiment[] = [
  oneSeat,
  onePool,
  oneMap,
  lockCliff,
  bystanders,
  slowCall,
  loser,
  optimistic,
  isolation,
  twoSeats,
  countedSeats,
  sections,
  combined,
  durableRedis,
  batching,
  roundTrips,
  deadline,
  abandoned,
  repeatedRequests,
  cacheDown,
  hotEventsOnMasters,
  replicas,
  standby,
  shards,
  waitingRoom,
]
