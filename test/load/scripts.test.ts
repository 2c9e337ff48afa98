/** Goal: every strategy has its k6 script, and only those. Method: the folder against the registry. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PROFILES } from '../../harness/load/profiles.ts'
import { registry } from '../../strategies/registry.ts'

const folder = join(import.meta.dirname, '../../k6')
const scripts = globSync('*.ts', { cwd: folder })

test('there is one script for each line of the registry, under its name', () => {
  expect(scripts.toSorted()).toEqual(registry.map(({ name }) => `${name}.ts`).toSorted())
})

test.for(scripts)('%s is for the strategy that it is named after, and thin', (script) => {
  const text = readFileSync(join(folder, script), 'utf8')
  expect(text).toContain(`const STRATEGY = '${script.replace(/\.ts$/, '')}'`)
  expect(text.split('\n').length).toBeLessThan(15)
})

test('the harness and the scripts know the same profiles', () => {
  const declared = /PROFILES = \[([^\]]*)\]/.exec(
    readFileSync(join(folder, 'shared/profiles.ts'), 'utf8'),
  )?.[1]
  const names = [...(declared ?? '').matchAll(/'([^']+)'/g)].map((match) => match[1])
  expect(names).toEqual(PROFILES.map(({ name }) => name))
})
