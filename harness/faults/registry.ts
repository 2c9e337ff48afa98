/** The faults, one line each. A new one is a file beside this one and a line here. */
import { answersLost } from './answers-lost.ts'
import { appClockStepped } from './app-clock-stepped.ts'
import { batchKilled } from './batch-killed.ts'
import { blackHole } from './black-hole.ts'
import { clientKilled } from './client-killed.ts'
import { clientPaused } from './client-paused.ts'
import { clientStopped } from './client-stopped.ts'
import { clientsRestarted } from './clients-restarted.ts'
import { commitAnswerLost } from './commit-answer-lost.ts'
import { connectionsCut } from './connections-cut.ts'
import { diskFull } from './disk-full.ts'
import { diskFullLater } from './disk-full-later.ts'
import { engineClockStepped } from './engine-clock-stepped.ts'
import { engineKilled } from './engine-killed.ts'
import { engineKilledRelaxed } from './engine-killed-relaxed.ts'
import { evicted } from './evicted.ts'
import { failoverAsynchronous } from './failover-asynchronous.ts'
import { failoverConfirmed } from './failover-confirmed.ts'
import type { FaultKind } from './fault.ts'
import { halfOpen } from './half-open.ts'
import { leaseClockStepped } from './lease-clock-stepped.ts'
import { leasesEmptied } from './leases-emptied.ts'
import { leasesGone } from './leases-gone.ts'
import { leasesUnreachable } from './leases-unreachable.ts'
import { majorityForgets } from './majority-forgets.ts'
import { majorityLost } from './majority-lost.ts'
import { minorityLost } from './minority-lost.ts'
import { networkStalled } from './network-stalled.ts'
import { poolExhausted } from './pool-exhausted.ts'
import { powerCutEverysec } from './power-cut-everysec.ts'
import { powerCutUnflushed } from './power-cut-unflushed.ts'
import { replicaMajorityKilled } from './replica-majority-killed.ts'
import { replicasKilled } from './replicas-killed.ts'
import { requestsLost } from './requests-lost.ts'
import { retryStorm } from './retry-storm.ts'
import { serverTimesOut } from './server-times-out.ts'
import { slowDisk } from './slow-disk.ts'
import { sweeperRaces } from './sweeper-races.ts'

export const faultKinds: readonly FaultKind[] = [
  connectionsCut,
  requestsLost,
  answersLost,
  commitAnswerLost,
  blackHole,
  networkStalled,
  halfOpen,
  engineKilled,
  engineKilledRelaxed,
  clientPaused,
  clientStopped,
  clientKilled,
  clientsRestarted,
  batchKilled,
  leasesEmptied,
  leasesUnreachable,
  leasesGone,
  minorityLost,
  majorityLost,
  majorityForgets,
  appClockStepped,
  evicted,
  failoverAsynchronous,
  failoverConfirmed,
  sweeperRaces,
  poolExhausted,
  serverTimesOut,
  retryStorm,
  replicasKilled,
  replicaMajorityKilled,
  slowDisk,
  diskFull,
  diskFullLater,
  engineClockStepped,
  leaseClockStepped,
  powerCutEverysec,
  powerCutUnflushed,
]
