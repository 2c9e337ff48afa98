/**
 * What every strategy passes, by virtue of its line in the registry. The parts are in the files beside this
 * one:
 *
 * - lifecycle: the plain life of a hold, unknown resources, bad requests
 * - state × operation: every operation in every state of a hold
 * - idempotence: one id, one effect, one answer
 * - ttl: deadlines, lazy expiry, the sweeper, confirm against expiry
 * - expiry: sweepers, other times to live, several lines in two processes
 * - all or nothing: several lines, opposite orders, no deadlock
 * - contention: a crowd gets what there is
 * - promises: what the strategy declares of itself, the negative promises too
 */
import { allOrNothing } from './all-or-nothing.ts'
import { contention } from './contention.ts'
import { expiry } from './expiry.ts'
import { idempotence } from './idempotence.ts'
import { lifecycle } from './lifecycle.ts'
import { promises } from './promises.ts'
import { stateMatrix } from './states.ts'
import type { Case } from './subject.ts'
import { ttl } from './ttl.ts'

export const suites: Readonly<Record<string, readonly Case[]>> = {
  lifecycle,
  'state × operation': stateMatrix,
  idempotence,
  ttl,
  expiry,
  'all or nothing': allOrNothing,
  contention,
  promises,
}
