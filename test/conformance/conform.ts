/** Puts every suite to one strategy. */
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { Ground } from '../../harness/ground/ground.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { TestEngines } from '../with-engines.ts'
import { groundFor, tryCase } from './subject.ts'
import { suites } from './suites.ts'

/** `size`: of the options of a group of tests, which say whether all are in the slice. */
export function conform(entry: StrategyEntry, opened: TestEngines, size: { readonly tags: string[] }): void {
  describe.skipIf(opened.lacks(entry.engines))(entry.name, size, () => {
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
