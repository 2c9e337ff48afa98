/** The faults, one line each. A new one is a file beside this one and a line here. */
import { answersLost } from './answers-lost.ts'
import { appClockStepped } from './app-clock-stepped.ts'
import { blackHole } from './black-hole.ts'
import { clientPaused } from './client-paused.ts'
import { commitAnswerLost } from './commit-answer-lost.ts'
import { connectionsCut } from './connections-cut.ts'
import { engineKilled } from './engine-killed.ts'
import { engineKilledRelaxed } from './engine-killed-relaxed.ts'
import { evicted } from './evicted.ts'
import type { FaultKind } from './fault.ts'
import { halfOpen } from './half-open.ts'
import { leasesEmptied } from './leases-emptied.ts'
import { leasesUnreachable } from './leases-unreachable.ts'
import { majorityForgets } from './majority-forgets.ts'
import { majorityLost } from './majority-lost.ts'
import { minorityLost } from './minority-lost.ts'
import { networkStalled } from './network-stalled.ts'
import { replicaMajorityKilled } from './replica-majority-killed.ts'
import { replicasKilled } from './replicas-killed.ts'
import { requestsLost } from './requests-lost.ts'

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
  leasesEmptied,
  leasesUnreachable,
  minorityLost,
  majorityLost,
  majorityForgets,
  appClockStepped,
  evicted,
  replicasKilled,
  replicaMajorityKilled,
]
