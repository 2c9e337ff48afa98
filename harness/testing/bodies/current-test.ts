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
    const { currentTestName: name, testPath } = stateOf(expect)
    if (name === undefined) continue
    const file = testPath === undefined ? undefined : path.relative(process.cwd(), testPath)
    return { name, ...(file !== undefined && { command: `${runner} ${file}` }) }
  }
  return {}
}

function stateOf(expect: unknown): State {
  if (typeof expect !== 'function' || !('getState' in expect) || typeof expect.getState !== 'function') {
    return {}
  }
  return (expect.getState() as State | undefined) ?? {}
}
