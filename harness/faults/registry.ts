/** The faults, one line each. A new one is a file beside this one and a line here. */
import { answersLost } from './answers-lost.ts'
import { blackHole } from './black-hole.ts'
import { commitAnswerLost } from './commit-answer-lost.ts'
import { connectionsCut } from './connections-cut.ts'
import { engineKilled } from './engine-killed.ts'
import { engineKilledRelaxed } from './engine-killed-relaxed.ts'
import type { FaultKind } from './fault.ts'
import { requestsLost } from './requests-lost.ts'

export const faultKinds: readonly FaultKind[] = [
  connectionsCut,
  requestsLost,
  answersLost,
  commitAnswerLost,
  blackHole,
  engineKilled,
  engineKilledRelaxed,
]
