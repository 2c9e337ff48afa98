/** `npm run diagrams`: draws the diagrams in docs/diagrams again. */
import path from 'node:path'
import { openEngines } from '../harness/engines/open.ts'
import { engineKinds } from '../harness/engines/registry.ts'
import { drawExample, exampleDiagrams } from '../harness/explore/example-diagrams.ts'
import { parseSchedule } from '../harness/explore/schedule.ts'
import { saveWhole } from '../harness/save.ts'
import { drawnEntries } from './drawn.ts'

const FOLDER = path.resolve(import.meta.dirname, '../docs/diagrams')
const drawn = exampleDiagrams.map(({ schedule }) => parseSchedule(schedule).strategy)
const entries = drawnEntries.filter(({ name }) => drawn.includes(name))
const servers = Object.fromEntries(
  engineKinds.flatMap(({ name, servers }) =>
    servers?.toExplore === undefined ? [] : [[name, servers.toExplore] as const],
  ),
)
const engines = new Set(entries.flatMap((entry) => entry.engines))
await using opened = await openEngines([...engines], { durability: 'relaxed', servers })
for (const { name, why, remedy } of opened.missing) {
  process.stderr.write(`${name} is not available: ${why}\n  to fix it: ${remedy}\n`)
  process.exitCode = 4
}
if (opened.missing.length === 0) {
  for (const example of exampleDiagrams) {
    const file = path.join(FOLDER, `${example.name}.svg`)
    await saveWhole(file, await drawExample(example, drawnEntries, opened.engines))
    process.stdout.write(`${path.relative(process.cwd(), file)}\n`)
  }
}
