/**
 * Goal: a strategy that hangs does not hang the command: not by a loop that gives control to nobody, and not by what it leaves
 * behind. Method: such strategies, in processes of their own, which end.
 * @module-tag full
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EXIT } from '../../cli/exit-codes.ts'
import { saveMark } from '../../learn/exercises/folder.ts'
import { holdfast } from '../cli/holdfast.ts'
import { type Ended, run } from '../package/command.ts'

const LOOPS = pathToFileURL(path.resolve(import.meta.dirname, '../../cli/learn/loops.ts')).href
const PATIENCE_MS = 120_000
const SILENT_MS = 1_000

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-hanging-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function written(...lines: readonly string[]): Promise<string> {
  await saveMark(folder, { exercise: 1, hints: 0, look: '' })
  const file = path.join(folder, 'strategy.mts')
  await writeFile(file, lines.join('\n'))
  return file
}

/** The file, loaded by a program that is watched and does not end on a signal. */
async function watched(file: string): Promise<Ended> {
  const program = path.join(folder, 'program.mjs')
  const lines = [
    `import { watchedForLoops } from ${JSON.stringify(LOOPS)}`,
    "process.on('SIGTERM', () => {})",
    "process.on('exit', (code) => console.log('exit', code))",
    `using _ = watchedForLoops(${JSON.stringify(file)}, ${EXIT.convicted}, ${SILENT_MS})`,
    `await import(${JSON.stringify(pathToFileURL(file).href)})`,
  ]
  await writeFile(program, lines.join('\n'))
  return run(['node', program], { cwd: folder })
}

describe('a loop', { timeout: PATIENCE_MS }, () => {
  it.for([
    ['that never awaits', 'for (;;) {}'],
    ['that awaits what is there at once', 'for (;;) await Promise.reject(new Error()).catch(() => {})'],
    ['within an expression', "await /^(a+)+$/.test('a'.repeat(64) + 'b')"],
  ] as const)('%s ends its process, in order, and its line is told', async ([, loop]) => {
    const file = await written('', '', loop)
    const { code, printed } = await watched(file)
    expect(printed).toContain(`${file}:3 has run for 1 s without giving control back`)
    expect(printed).toContain(`exit ${EXIT.convicted}\n`)
    expect(code).toBe(EXIT.convicted)
  })

  it('that ends is left alone', async () => {
    const file = await written('await new Promise((resolve) => setTimeout(resolve, 2_000))')
    const { code, printed } = await watched(file)
    expect(printed).toBe(`exit ${EXIT.asPromised}\n`)
    expect(code).toBe(EXIT.asPromised)
  })

  it('in a strategy ends its grade', async () => {
    await written('export function create() {', '  for (;;) {}', '}')
    const { code, err } = await holdfast(['grade', '.'], { cwd: folder })
    expect(err).toContain('NOT YET: strategy.mts:2 has run for 20 s without giving control back')
    expect(code).toBe(EXIT.convicted)
  })
})

it('what a strategy leaves running is ended with the command', {
  timeout: PATIENCE_MS,
}, async () => {
  await written('setInterval(() => {}, 1_000)')
  const { code, err } = await holdfast(['grade', '.'], { cwd: folder })
  expect(err).toContain('must export a function create')
  expect(err).toContain('something still runs, such as a timer that close() has left: it is ended\n')
  expect(code).toBe(EXIT.usage)
})
