/** All suites, which every strategy in the registry must pass. */
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
