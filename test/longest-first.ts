/**
 * The order of test files: the long ones first, and beside those that mostly wait the one that mostly computes. Vitest does so by
 * itself where it remembers how long each took; a fresh clone remembers nothing, and would go by the size of the files.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const FIRST = [
  'faults/faults.test.ts',
  'faults/engine-death.test.ts',
  'engines/tigerbeetle-own.test.ts',
  'explore/registry.test.ts',
  'mutants/source/source.test.ts',
  'engines/tigerbeetle-refusals.test.ts',
  'conformance/conformance.test.ts',
  'conformance/workloads.test.ts',
  'cli/holdfast.test.ts',
  'explore/pruning.test.ts',
  'report/page.browser.test.ts',
  'conformance/processes.test.ts',
]

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = FIRST.findIndex((name) => moduleId.endsWith(name))
      return at === -1 ? FIRST.length : at
    }
    // Sorting keeps the order of equals.
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other))
  }
}
