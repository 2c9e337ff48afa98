/** docs/volume.md, as a function of what was run. */
import { createHash } from 'node:crypto'
import { boundOf, type mergedVolume, volumesOf } from './records.ts'

/** Of each strategy: enough for a rate below one in three million. */
const OPERATIONS_WANTED = 10_000_000

export type PublishedVolume = ReturnType<typeof mergedVolume>

/** The whole page. */
export function volumePage(volume: PublishedVolume): string {
  const { commit, engines, machines, at, control, trials } = volume
  const workloads = [...Map.groupBy(trials, ({ workload }) => workload)].map(
    ([workload, own]) => `\`${workload}\` ${own.length}`,
  )
  const rows = volumesOf(trials).map(({ strategy, trials: count, operations, invalid, unknown, hashes }) => {
    const hash = createHash('sha256').update(hashes.join('\n')).digest('hex').slice(0, 16)
    const bound = invalid > 0 ? '–' : boundOf(operations).toExponential(1)
    return `| ${strategy} | ${count} | ${operations.toLocaleString('en')} | ${invalid} | ${unknown} | ${bound} | \`${hash}\` |`
  })
  const least = Math.min(...volumesOf(trials).map(({ operations }) => operations))
  return `# Volume

How many operations were checked of each safe strategy, and what follows if none was a violation. Written by \`npm run volume -- --publish\`
from \`docs/results/volume.json\`, which has the seed, the workload, the number of operations and the SHA-256 of the history of every trial; a
test compares the two.

| strategy | trials | operations checked | violations | unknown | at most, at 95 % | hash of all histories |
| --- | ---: | ---: | ---: | ---: | ---: | --- |
${rows.join('\n')}

${machines.join('; ')}; ${engines.join(', ')}; commit ${commit}; ${at}. The control, ${control.strategy}, was convicted in every run.
Trials of two seconds with 32 callers (of all strategies together: ${workloads.join(', ')}), on engines of relaxed durability: what is looked for is in the order of requests, not on the disk.

The column *at most* is the largest rate of violations among operations for which none in so many would still be seen once in twenty runs. It holds for
these workloads, on these engines and this kind of machine, as if operations were independent; they are not quite, so read it as an order
of magnitude. A trial that was unknown counts for nothing.

The aim is ${OPERATIONS_WANTED.toLocaleString('en')} operations each (a rate below ${boundOf(OPERATIONS_WANTED).toExponential(0)}); ${
    least >= OPERATIONS_WANTED
      ? 'every strategy has them.'
      : `what was run so far is at least ${least.toLocaleString('en')} each. The rest is a matter of hours and machines:`
  }

\`\`\`sh
npm run volume -- --operations 10000000 --shard 1/8 --out volume-1.json   # on each of eight machines; goes on where it was
npm run volume -- --publish volume-*.json                                 # refuses what cannot be one run
\`\`\`
`
}
