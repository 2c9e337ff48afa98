/**
 * The last lines of a test run: which engines were there, so that no skipped engine is silent, and how many tests passed and
 * failed. `REQUIRE_ENGINES=redis,tigerbeetle` makes an engine that is not there a failure of the run, as PostgreSQL's absence always
 * is, since it comes with the program. In containers nothing comes with the program: without PostgreSQL the run proves nothing, and
 * its exit code says so. `HOLDFAST_TEST_SUMMARY=file` appends the same as JSON, for a script that sums up several runs.
 */
import { appendFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node'
import { EXIT } from '../cli/exit-codes.ts'
import { refuseUnknownRequired, requiredEngines } from '../cli/not-proven.ts'
import { inspectEngines } from '../harness/engines/inspect.ts'
import { engineKinds } from '../harness/engines/registry.ts'
import { oneLine, reasonOf } from '../harness/errors.ts'
import { closingLines, engineRow, leftLine, NAMED, type Summary } from './closing-table.ts'
import { poolerLine } from './engines/pgbouncer.ts'
import { browserLine } from './report/chromium.ts'
import { isLeftOut } from './size.ts'

export default class ClosingLines implements Reporter {
  #vitest: Vitest | undefined

  /** Ends the run before any test if REQUIRE_ENGINES has a name that no engine has. */
  onInit(vitest: Vitest): void {
    try {
      refuseUnknownRequired({ env: process.env, engines: engineKinds })
    } catch (error) {
      console.error(reasonOf(error))
      process.exit(EXIT.usage)
    }
    this.#vitest = vitest
  }

  async onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): Promise<void> {
    let passed = 0
    const failures = errors.map((error) => `an error outside any test: ${told(error)}`)
    let left = 0
    for (const module of modules) {
      const tests = [...module.children.allTests()]
      passed += tests.filter((test) => test.result().state === 'passed').length
      const fallen = tests.filter((test) => test.result().state === 'failed')
      failures.push(
        ...fallen.map((test) => {
          const why = test.result().errors?.map(told).join('; ') ?? ''
          return `${module.relativeModuleId} > ${test.fullName}: ${why}`
        }),
      )
      left += tests.filter(isLeft).length
      // A file that did not load, or whose set-up failed, has no failed test to show for it.
      if (module.state() === 'failed' && fallen.length === 0)
        failures.push(`${module.relativeModuleId}, as a file`)
    }

    // They are still there: a container that died meanwhile shows here too.
    const containers = this.#vitest?.getProvidedContext().containers
    const reports = await inspectEngines(process.env, containers === undefined ? {} : { from: containers })
    const absent = reports.flatMap(({ state, engine }) => (state === 'not proven' ? [engine] : []))
    const required = [...requiredEngines(process.env)]
    if (containers === undefined) required.push('postgres')
    failures.push(
      ...absent.filter((engine) => required.includes(engine)).map((engine) => `${engine} is required`),
    )

    const failed = failures.length
    const summary: Summary = {
      engines: reports.map(engineRow),
      passed,
      failed,
      failures: failures.slice(0, NAMED),
    }
    console.log(browserLine())
    console.log(poolerLine())
    for (const line of closingLines([summary])) console.log(line)
    if (left > 0) console.log(leftLine(left))
    const file = process.env.HOLDFAST_TEST_SUMMARY
    if (file) appendFileSync(file, `${JSON.stringify(summary)}\n`)
    if (failed > 0) process.exitCode = EXIT.failed
    else if (absent.includes('postgres')) process.exitCode = EXIT.notProven
  }
}

/** Where a log is cut, its end is what is left: the reason stands there, too, in one line. */
function told(error: unknown): string {
  // Errors come from the workers as plain objects.
  const { message, diff = '' } = error as { readonly message?: string; readonly diff?: string }
  return oneLine(stripVTControlCharacters(`${message ?? reasonOf(error)} ${diff}`), TOLD_MAX).trim()
}

/** Characters: a difference between two values needs a few hundred. */
const TOLD_MAX = 800

/** Whether only the size of this run is why the case did not run. */
function isLeft(test: TestCase): boolean {
  return isLeftOut(test.tags) && test.result().state === 'skipped'
}
