/** Declares tests that are data to vitest. */
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { Stage } from '../testing/stage.ts'
import type { TestGroup } from '../testing/test-case.ts'

/** To start engines that are not running yet, and to end them. */
const STAGE_MS_MAX = 180_000

/** To be called where tests are declared. What is opened belongs to this file alone. */
export function declareTests(groups: readonly TestGroup[], open: () => Promise<Stage>): void {
  let stage: Stage | undefined
  beforeAll(async () => {
    stage = await open()
  }, STAGE_MS_MAX)
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]()
  }, STAGE_MS_MAX)

  for (const { title, tests } of groups) {
    describe(title, () => {
      for (const each of tests) {
        const declare = each.isConcurrent ? test.concurrent : test
        declare(each.name, { timeout: each.timeoutMs }, async ({ skip, task }) => {
          if (stage === undefined) throw new Error('the engines were not opened')
          const end = await each.run(stage, { command: `npx vitest run ${task.file.name}` })
          if (end !== 'passed') skip(end.skipped)
        })
      }
    })
  }
}
