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

test('the harness and the scripts agree on when what is measured begins', () => {
  const figures = (file: string, name: string) =>
    Number(new RegExp(`const ${name} = (\\d+)`).exec(readFileSync(file, 'utf8'))?.[1])
  const scripts = join(folder, 'shared/profiles.ts')
  const harness = join(import.meta.dirname, '../../harness/load/profiles.ts')
  const climbS = figures(scripts, 'CLIMB_S')
  expect(climbS).toBe(figures(harness, 'CLIMB_S'))
  expect(figures(scripts, 'RIVALS_S') + climbS).toBe(figures(harness, 'START_S'))
})

test('every threshold has its sentence in the headline', () => {
  const thresholds = readFileSync(join(folder, 'shared/thresholds.ts'), 'utf8')
  const summary = readFileSync(join(folder, 'shared/summary.ts'), 'utf8')
  const named = [...thresholds.matchAll(/^ {4}(?:all\.)?([a-z_]+): \[/gm)].map((match) => match[1] ?? '')
  expect(named.length).toBeGreaterThan(12)
  for (const metric of named) expect(summary).toContain(`'${metric}'`)
})

test('k6 is run and never bundled, and the README says under which licence it is', () => {
  const root = join(import.meta.dirname, '../..')
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  expect(readme).toMatch(/k6 is a separate program[^.]*AGPL/)
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(
    Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => name.includes('k6')),
  ).toEqual([])
})
