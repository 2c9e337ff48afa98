/** `npm run diagrams`: draws the diagrams in docs/diagrams again. */
import path from 'node:path'
import { registry } from '../../strategies/registry.ts'
import { openEngines } from '../engines/open.ts'
import { saveWhole } from '../save.ts'
import { drawExample, exampleDiagrams } from './example-diagrams.ts'
import { parseSchedule } from './schedule.ts'

const FOLDER = path.resolve(import.meta.dirname, '../../docs/diagrams')
const drawn = exampleDiagrams.map(({ schedule }) => parseSchedule(schedule).strategy)
const entries = registry.filter(({ name }) => drawn.includes(name))
const engines = new Set(entries.flatMap((entry) => entry.engines))
await using opened = await openEngines([...engines], { durability: 'relaxed' })
for (const { name, why, remedy } of opened.missing) {
  process.stderr.write(`${name} is not available: ${why}\n  to fix it: ${remedy}\n`)
  process.exitCode = 4
}
if (opened.missing.length === 0) {
  for (const example of exampleDiagrams) {
    const file = path.join(FOLDER, `${example.name}.svg`)
    await saveWhole(file, await drawExample(example, registry, opened.engines))
    process.stdout.write(`${path.relative(process.cwd(), file)}\n`)
  }
}
