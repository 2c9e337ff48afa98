/**
 * Goal: in node:test, too, a right strategy and a right body pass, and wrong ones fail with the race and the command that plays it again.
 * Method: a file of node:test in a process of its own, and the same file again with the schedule that it printed.
 */
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { run } from '../package/command.ts'
import { FULL } from '../size.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const FILE = 'test/testing/fixtures/in-node-test.ts'

const nodeTest = (pattern: string, env: Readonly<Record<string, string>> = {}) =>
  run([process.execPath, '--test', '--test-reporter=tap', '--test-name-pattern', pattern, FILE], {
    cwd: ROOT,
    env: { NODE_TEST_CONTEXT: undefined, ...env },
  })

describe('node:test', FULL, () => {
  it('fails for what is wrong alone, with the schedule, which fails again', async () => {
    const { code, printed } = await nodeTest('/^(hold: all|body of)/')
    expect(printed).toMatch(/^# pass 2$/m)
    expect(printed).toMatch(/^# fail 2$/m)
    expect(code).toBe(1)
    const [of, body] = ['v2/wrong', 'body'].map(
      (key) => new RegExp(`HOLDFAST_REPLAY='(${key}/[^']+)' node --test ${FILE}`).exec(printed)?.[1],
    )
    const strategyAgain = await nodeTest('/./', { HOLDFAST_REPLAY: of ?? 'none' })
    expect(strategyAgain.printed).toMatch(/^# fail 1$/m)
    const bodyAgain = await nodeTest('/./', { HOLDFAST_REPLAY: body ?? 'none' })
    expect(bodyAgain.printed).toMatch(/^# fail 1$/m)
  })
})
