/**
 * The last lines of a test run: which engines were there, so that no skipped engine is silent, and how many tests passed and
 * failed. `REQUIRE_ENGINES=redis,tigerbeetle` makes an engine that is not there a failure of the run, as PostgreSQL's absence always
 * is, since it comes with the program.
 */
import type { Reporter, TestModule } from 'vitest/node'
import { inspectEngines } from '../harness/engines/ladder.ts'
import { browserLine } from './report/chromium.ts'

export default class ClosingLines implements Reporter {
  async onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): Promise<void> {
    let passed = 0
    let failed = errors.length
    for (const module of modules) {
      const tests = [...module.children.allTests()]
      passed += tests.filter((test) => test.result().state === 'passed').length
      failed += tests.filter((test) => test.result().state === 'failed').length
      // A file that did not load, or whose set-up failed, has no failed test to show for it.
      if (module.state() === 'failed' && tests.every((test) => test.result().state !== 'failed')) failed++
    }

    const required = [
      'postgres',
      ...(process.env.REQUIRE_ENGINES ?? '').split(',').filter((name) => name !== ''),
    ]
    for (const report of await inspectEngines()) {
      if (report.state === 'ready') {
        console.log(`${report.engine}: proven on ${report.version} (${report.source})`)
        continue
      }
      console.log(`${report.engine}: NOT PROVEN: ${report.missing} To mend it: ${report.remedy}`)
      if (required.includes(report.engine)) failed++
    }
    console.log(browserLine())
    console.log(`${passed} passed, ${failed} failed`)
    if (failed > 0) process.exitCode = 1
  }
}
