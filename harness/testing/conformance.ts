/** The conformance suite as tests, one for each case, under the case's own name. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import { CASE_DEADLINE_MS, runCase } from '../conformance/run.ts'
import type { Case } from '../conformance/subject.ts'
import { suites } from '../conformance/suites.ts'
import { absenceOf } from './absence.ts'
import { type Capability, guarded } from './capabilities.ts'
import type { TestCase, TestEnd, TestGroup } from './test-case.ts'

/** Beyond a case's own deadline: to make its tables, and to close the strategy. */
const AROUND_CASE_MS = 30_000

/** `lacks`: not asked for, and shown to be absent. */
export function conformanceTests(
  entry: StrategyEntry,
  lacks: readonly Capability[] = [],
): readonly TestGroup[] {
  const groups = Object.entries(suites).map(([title, all]) => ({
    title,
    tests: all
      .filter(({ appliesTo }) => appliesTo?.when(entry) !== false)
      .map((each) => testOf(each, entry, lacks)),
  }))
  const absent = lacks.map((capability) => testOf(absenceOf(capability), entry, []))
  // A strategy that promises nothing that could be put to the test has no such suite.
  return [...groups, { title: 'what it lacks', tests: absent }].filter(({ tests }) => tests.length > 0)
}

function testOf(each: Case, entry: StrategyEntry, lacks: readonly Capability[]): TestCase {
  return {
    name: each.name,
    timeoutMs: CASE_DEADLINE_MS + AROUND_CASE_MS,
    isConcurrent: true,
    async run(stage): Promise<TestEnd> {
      const guard = guarded(entry, lacks)
      const on = { entry: guard.entry, engines: stage.engines, shared: await stage.ground() }
      const outcome = await runCase(each, on)
      const asked = guard.asked()
      if (asked !== undefined) return { skipped: `it declares that it lacks ${asked}` }
      if (outcome.kind === 'failed') throw outcome.error
      return outcome.kind === 'passed' ? 'passed' : { skipped: outcome.why }
    },
  }
}
