/** The suite of `harness/conformance/` as tests of vitest: one test per case, under the case's own name. */
import { afterAll, beforeAll, describe, test } from 'vitest'
import { groundFor, runCase } from '../../harness/conformance/run.ts'
import { suites } from '../../harness/conformance/suites.ts'
import type { Ground } from '../../harness/ground/ground.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { TestEngines } from '../with-engines.ts'

/** `size`: of the options of a group of tests, which say whether all are in the slice. */
export function conform(entry: StrategyEntry, opened: TestEngines, size: { readonly tags: string[] }): void {
  const { engines } = opened
  describe.skipIf(opened.cannotTest(entry))(entry.name, size, () => {
    let shared: Ground
    beforeAll(async () => {
      shared = await groundFor(entry, engines)
    })
    afterAll(() => shared.dispose())

    for (const [title, all] of Object.entries(suites)) {
      const cases = all.filter(({ appliesTo }) => appliesTo?.when(entry) !== false)
      // A strategy that promises nothing that could be put to the test has no such suite.
      if (cases.length === 0) continue
      describe(title, () => {
        for (const each of cases) {
          test.concurrent(each.name, async ({ skip }) => {
            const outcome = await runCase(each, { entry, engines, shared })
            if (outcome.kind === 'failed') throw outcome.error
            if (outcome.kind !== 'passed') skip(outcome.why)
          })
        }
      })
    }
  })
}
