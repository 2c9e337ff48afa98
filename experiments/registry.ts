/** Every experiment, in the order of the study. A new one is a file in this folder and a line here. */
import { batching } from './batching.ts'
import { bystanders } from './bystanders.ts'
import { cacheDown } from './cache-down.ts'
import { deadline } from './deadline.ts'
import { durableRedis } from './durable-redis.ts'
import type { Experiment } from './experiment.ts'
import { lockCliff } from './lock-cliff.ts'
import { loser } from './loser.ts'
import { oneMap } from './one-map.ts'
import { onePool } from './one-pool.ts'
import { oneSeat } from './one-seat.ts'
import { optimistic } from './optimistic.ts'
import { repeatedRequests } from './repeated-requests.ts'
import { roundTrips } from './round-trips.ts'
import { slowCall } from './slow-call.ts'

export const experiments: readonly Experiment[] = [
  oneSeat,
  onePool,
  oneMap,
  lockCliff,
  bystanders,
  slowCall,
  loser,
  optimistic,
  durableRedis,
  batching,
  roundTrips,
  deadline,
  repeatedRequests,
  cacheDown,
]
