/**
 * Goal: nothing outlives the program that was started, however it dies.
 * Method: serve a strategy, look which processes it has, kill the first of them in a way that it cannot see, and wait until
 * none of the others is left. Under a Node that cannot run TypeScript, the first is only the starter of another Node.
 * @module-tag full
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { exists } from '../../harness/engines/local/process-identity.ts'
import { until } from '../engines/harness.ts'

const BIN = path.join(import.meta.dirname, '../../bin/holdfast.js')

const STARTERS: readonly [what: string, flags: readonly string[], processesMin: number][] = [
  ['one Node', [], 2],
  ['a Node that started another', ['--no-experimental-strip-types'], 3],
]

for (const [what, flags, processesMin] of STARTERS)
  it(`of ${what} that is killed with SIGKILL no process is left`, async () => {
    const program = spawn(
      process.execPath,
      [...flags, BIN, 'serve', '--strategy', 'postgres-conditional-update', '--port', '0'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const ended = once(program, 'exit')
    await new Promise<void>((resolve, reject) => {
      createInterface(program.stdout).on('line', (line) => {
        if (line.includes(' sells ')) resolve()
      })
      ended.then(() => reject(new Error('it ended before it served')), reject)
    })
    const others = descendantsOf(program.pid ?? 0)
    expect(others.length).toBeGreaterThanOrEqual(processesMin)
    program.kill('SIGKILL')
    await ended
    await until('every other process is gone', () => others.every((pid) => !exists(pid)))
  })

/** Of this very moment; a server that was started detached still has its starter for a parent. */
function descendantsOf(pid: number): readonly number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  const childrenOf = (parent: number): number[] =>
    rows.flatMap(([child, of]) => (of === parent && child !== undefined ? [child, ...childrenOf(child)] : []))
  return childrenOf(pid)
}
