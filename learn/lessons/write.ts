/**
 * `npm run lessons`: fills the places of the lessons, and of the other documents that have some, from the
 * published study and the published table of faults. What is written by hand stays as it is.
 */
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { PUBLISHED, publishedFaults, storedStudy } from '../../experiments/stored.ts'
import { saveWhole } from '../../harness/save.ts'
import { fillFrom } from './figures.ts'
import { filled } from './places.ts'

const DOCS = path.resolve(import.meta.dirname, '../../docs')

const fill = fillFrom({ studied: await storedStudy(PUBLISHED), faults: await publishedFaults() })
let changed = 0
for (const name of globSync(['*.md', 'lessons/*.md'], { cwd: DOCS })) {
  const file = path.join(DOCS, name)
  const before = await readFile(file, 'utf8')
  const after = filled(before, fill)
  if (after === before) continue
  await saveWhole(file, after)
  changed += 1
}
console.log(`docs is of the published data: ${changed} files changed`)
