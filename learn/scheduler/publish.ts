/**
 * `npm run scheduler:publish [strategies]`: records strategies (all, if none is named) in
 * docs/results/scheduler, and renders docs/results/scheduler.html from all that is recorded there.
 * `npm run scheduler:publish page` only renders.
 */
import { openEngines } from '../../harness/engines/open.ts'
import { saveWhole } from '../../harness/save.ts'
import { PUBLISHED_PAGE, pageOf } from './page.ts'
import { notRecorded, recordStrategy, toldOf } from './record-all.ts'
import { recordedEntries } from './recorded-entries.ts'
import { RECORDINGS, saveRecording, storedRecordings } from './stored.ts'

const wanted = process.argv.slice(2)
const entries =
  wanted.length === 0
    ? recordedEntries
    : wanted.flatMap((wantedName) => recordedEntries.filter(({ name }) => name === wantedName))
const names = new Set(entries.flatMap((entry) => entry.engines))
await using opened = await openEngines([...names], { durability: 'relaxed', servers: { redis: 3 } })
for (const { name, why, remedy } of opened.missing) {
  process.stderr.write(`${name} is not available: ${why}\n  to fix it: ${remedy}\n`)
  process.exitCode = 4
}
for (const entry of entries) {
  if (entry.engines.some((name) => opened.engines[name] === undefined)) continue
  const recording = await recordStrategy(entry, {
    engines: opened.engines,
    onRecorded(recorded, ms) {
      process.stdout.write(`${toldOf(recorded)} (${(ms / 1_000).toFixed(1)} s)\n`)
    },
  })
  await saveRecording(RECORDINGS, recording)
}
const stored = await storedRecordings()
const missing = recordedEntries.filter(({ name }) => !stored.some(({ strategy }) => strategy === name))
await saveWhole(PUBLISHED_PAGE, pageOf([...stored, ...missing.map(notRecorded)]))
process.stdout.write(`${PUBLISHED_PAGE}\n`)
