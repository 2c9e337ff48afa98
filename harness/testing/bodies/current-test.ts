/** The test that is running, as far as vitest or Jest says. */
import path from 'node:path'

interface CurrentTest {
  readonly name?: string
  /** How it is started again. */
  readonly command?: string
}

interface State {
  readonly currentTestName?: string
  readonly testPath?: string
}

/** Where vitest keeps its `expect`, whatever a test file imports. */
const VITEST = Symbol.for('expect-global')

export function currentTest(): CurrentTest {
  const all = globalThis as { readonly expect?: unknown; readonly [VITEST]?: unknown }
  for (const [expect, runner] of [
    [all[VITEST], 'npx vitest run'],
    [all.expect, 'npx jest'],
  ] as const) {
    const running = testOf(expect, runner)
    if (running !== undefined) return running
  }
  return {}
}

/** As this `expect` knows it. `runner`: how the reader starts a file. */
export function testOf(expect: unknown, runner: string): CurrentTest | undefined {
  const { currentTestName: name, testPath } = stateOf(expect)
  if (name === undefined) return undefined
  const file = testPath === undefined ? undefined : path.relative(process.cwd(), testPath)
  return { name, ...(file !== undefined && { command: `${runner} ${file}` }) }
}

function stateOf(expect: unknown): State {
  if (typeof expect !== 'function' || !('getState' in expect) || typeof expect.getState !== 'function') {
    return {}
  }
  return (expect.getState() as State | undefined) ?? {}
}
