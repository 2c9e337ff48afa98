/** Goal: what is published of faults is of one table. Method: everything is rendered again from docs/results/faults.json. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { renderedFaults } from '../../harness/faults/published.ts'
import { PUBLISHED_FAULTS } from '../../harness/results/published-faults.ts'
import { readResults } from '../../harness/results/read.ts'

test('document, page and picture are current: npm run faults:publish fixes it', async () => {
  const results = await readResults(PUBLISHED_FAULTS)
  for (const { file, text } of await renderedFaults(results))
    expect(existsSync(file) && readFileSync(file, 'utf8') === text, path.basename(file)).toBe(true)
})

test('the README shows the picture', () => {
  const readme = readFileSync(path.resolve(import.meta.dirname, '../../README.md'), 'utf8')
  expect(readme).toContain('](docs/results/faults.svg)')
})
