/** Goal: the layout stays as it was planned. Method: its rules as functions, on its own files and on planted violations. */
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { registry } from '../../strategies/registry.ts'
import { brokenRules, type SourceFile } from './imports.ts'

const root = join(import.meta.dirname, '../..')
const sources: readonly SourceFile[] = globSync('{bin,cli,strategies,harness,k6}/**/*.{ts,js}', {
  cwd: root,
}).map((path) => ({
  path: path.replaceAll('\\', '/'),
  text: readFileSync(join(root, path), 'utf8'),
}))

describe('imports go one way', () => {
  test('in every file', () => {
    expect(sources.length).toBeGreaterThan(20)
    expect(brokenRules(sources)).toEqual([])
  })

  const planted: readonly [path: string, text: string][] = [
    ['strategies/strategy.ts', "import type { Kysely } from 'kysely'"],
    ['strategies/validation.ts', "import { only } from './backends/postgres.ts'"],
    ['strategies/backends/postgres.ts', "import { create } from '../postgres-naive.ts'"],
    ['strategies/postgres-naive.ts', "import { create } from './postgres-nowait.ts'"],
    ['strategies/postgres-naive.ts', "import {\n  monotonicMs,\n} from '../harness/clock.ts'"],
    ['strategies/postgres-naive.ts', "const late = await import('../harness/clock.ts')"],
    ['strategies/registry.ts', "import { judge } from '../harness/checker/judge.ts'"],
    ['harness/checker/judge.ts', "import { readFileSync } from 'node:fs'"],
    ['harness/checker/judge.ts', "import { registry } from '../../strategies/registry.ts'"],
    ['harness/history/record.ts', "import { appendFile } from 'node:fs/promises'"],
    ['harness/audit/postgres.ts', "import { only } from '../../strategies/backends/postgres.ts'"],
    ['harness/trial/trial.ts', "import { create } from '../../strategies/postgres-naive.ts'"],
    ['harness/trial/trial.ts', "export { gate } from '../../test/conformance/subject.ts'"],
    ['harness/processes/player.ts', "import { UsageError } from '../../cli/context.ts'"],
    ['k6/postgres-naive.ts', "import { registry } from '../strategies/registry.ts'"],
  ]
  test.for(planted)('and %s with `%s` would be found', ([path, text]) => {
    expect(brokenRules([{ path, text }])).not.toEqual([])
  })
})

describe('strategies', () => {
  const files = globSync('strategies/*.ts', { cwd: root })
    .map((path) => path.replace(/^strategies[\\/]/, '').replace(/\.ts$/, ''))
    .filter((name) => !['strategy', 'registry', 'validation'].includes(name))

  test('are one file and one line of the registry each, under the same name', () => {
    expect(registry.map((entry) => entry.name).toSorted()).toEqual(files.toSorted())
  })

  test.for(files)('%s opens with the header that a reader needs', (name) => {
    const header = readFileSync(join(root, 'strategies', `${name}.ts`), 'utf8').split('*/')[0] ?? ''
    for (const part of ['Mechanism:', 'oversell', 'Deadline:', 'Round trips per hold:', 'Weakness:']) {
      expect(header).toContain(part)
    }
  })
})

test('a promise that nobody awaits is an error of the linter', async () => {
  const folder = await mkdtemp(join(root, 'test', 'layout', 'planted-'))
  try {
    const file = join(folder, 'floating.ts')
    await writeFile(
      file,
      'async function save(): Promise<void> {}\nexport function main(): void {\n  save()\n}\n',
    )
    const lint = promisify(execFile)(join(root, 'node_modules/.bin/biome'), ['lint', '--colors=off', file], {
      cwd: root,
    })
    await expect(lint).rejects.toMatchObject({ stderr: expect.stringContaining('noFloatingPromises') })
  } finally {
    await rm(folder, { recursive: true })
  }
})
