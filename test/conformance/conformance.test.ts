/**
 * What every strategy passes, by virtue of its line in the registry. The parts are in the files beside this one:
 *
 * - lifecycle: the plain life of a hold, unknown resources, bad requests
 * - state × operation: every operation in every state of a hold
 * - idempotence: one id, one effect, one answer
 * - ttl: deadlines, lazy expiry, the sweeper, confirm against expiry
 * - all or nothing: several lines, opposite orders, no deadlock
 * - contention: a crowd gets what there is
 * - promises: what the strategy declares of itself, the negative promises too
 */
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { Ground } from '../../harness/trial/ground.ts'
import { registry } from '../../strategies/registry.ts'
import { withEngines } from '../with-engines.ts'
import { allOrNothing } from './all-or-nothing.ts'
import { contention } from './contention.ts'
import { idempotence } from './idempotence.ts'
import { lifecycle } from './lifecycle.ts'
import { promises } from './promises.ts'
import { stateMatrix } from './states.ts'
import { type Case, groundFor, tryCase } from './subject.ts'
import { ttl } from './ttl.ts'

const suites: Readonly<Record<string, readonly Case[]>> = {
  lifecycle,
  'state × operation': stateMatrix,
  idempotence,
  ttl,
  'all or nothing': allOrNothing,
  contention,
  promises,
}

const opened = await withEngines(['postgres', 'redis', 'tigerbeetle'])

for (const entry of registry) {
  describe.skipIf(opened.lacks(entry.engines))(entry.name, () => {
    let shared: Ground
    beforeAll(async () => {
      shared = await groundFor(entry, opened.engines)
    })
    afterAll(() => shared.dispose())

    for (const [title, all] of Object.entries(suites)) {
      const cases = all.filter(({ appliesTo }) => appliesTo?.(entry) !== false)
      // A strategy that promises nothing that could be put to the test has no such suite.
      if (cases.length === 0) continue
      describe(title, () => {
        for (const each of cases) {
          test.concurrent(each.name, () => tryCase(each, entry, opened.engines, shared))
        }
      })
    }
  })
}
