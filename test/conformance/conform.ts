/** The suite of `harness/conformance/` as tests of vitest: one test per case, under the case's own name. */
import { describe } from 'vitest'
import { conformanceTests } from '../../harness/testing/conformance.ts'
import { stageOn } from '../../harness/testing/stage.ts'
import { declareTests } from '../../harness/vitest/declare.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { TestEngines } from '../with-engines.ts'

/** `size`: of the options of a group of tests, which say whether all are in the slice. */
export function conform(entry: StrategyEntry, opened: TestEngines, size: { readonly tags: string[] }): void {
  const { engines } = opened
  describe.skipIf(opened.cannotTest(entry))(entry.name, size, () => {
    declareTests(conformanceTests(entry), async () => stageOn(entry, engines))
  })
}
