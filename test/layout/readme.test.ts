/** Goal: the README says what is true. Method: what can be generated is generated, and compared. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { registry } from '../../strategies/registry.ts'

const root = join(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

test('its table of strategies is that of the registry', () => {
  const rows = registry.map(({ name, summary, promises, engines }) => {
    const { safe, unsafeUnder, refusals, contention } = promises
    const words = safe === 'without-faults' ? `unless ${unsafeUnder.join(', ')}` : safe
    return `| [${name}](strategies/${name}.ts) | ${summary} | ${words} | ${engines.join(', ')} | ${refusals} | ${contention} |`
  })
  const table = [
    '| strategy | technique | safe (promised) | systems | refusals | contention |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
  expect(readme).toContain(`<!-- strategies -->\n${table}\n<!-- /strategies -->`)
})

test('its first commands are the two that everything starts with, and both are scripts', () => {
  const [first] = readme.match(/```sh\n[\s\S]*?```/) ?? []
  expect(first).toBe(
    '```sh\ngit clone <this repository> holdfast && cd holdfast\nnpm ci && npm start\nnpm ci && npm test\n```',
  )
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  expect(scripts).toMatchObject({ start: expect.any(String), test: expect.any(String) })
})
