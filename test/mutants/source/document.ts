/** `npm run mutants`: writes `docs/mutants.md` from the tables of mutants. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { families, mutants } from './all.ts'
import type { Judge, SourceMutant } from './source-mutant.ts'
import { caseThat, scenarioNamed } from './trying.ts'

const FILE = join(import.meta.dirname, '../../../docs/mutants.md')

export function mutantsTold(): string {
  return readFileSync(FILE, 'utf8')
}

/** What the file says when it is current. */
export function mutantsToTell(): string {
  const equivalent = mutants.filter(({ judge }) => judge.by === 'equivalent').length
  const inSlice = mutants.filter(({ isInSlice }) => isInSlice === true).length
  return `# Mutants

A judge that never convicts proves nothing. So the registry's own strategies are broken on purpose, one small change at a time, as
a developer would really err, and each must be convicted by the judge that is named beside it: a case of \`conform\`, a scenario of
\`explore\` with two clients, or a workload of \`compare\`. What no judge could ever tell from the original is called equivalent, and
why is said.

There are ${mutants.length} mutants: ${mutants.length - equivalent} that are convicted, and ${equivalent} equivalent ones. \`npm test\` has ${inSlice} of them convicted, and
\`npm run test:full\` all. The changes themselves stand in \`test/mutants/source/\`; a change that its source no longer has fails the
test. Written by \`npm run mutants\`, which the tests enforce.

Whole strategies that are broken by hand are in \`test/mutants/\`. Among them are a lease that is released without its token and a
Redlock that does not look at its validity: they differ from the originals only where a client stops for longer than its lease, and
there the originals oversell, too, as they declare. \`test/mutants/leases.test.ts\` plays the very moments in which they differ.
${Object.entries(families).map(sectionOf).join('')}`
}

function sectionOf([title, all]: readonly [string, readonly SourceMutant[]]): string {
  return `
## ${title}

| mutant | of | changed | convicted by |
| --- | --- | --- | --- |
${all.map(rowOf).join('\n')}
`
}

function rowOf({ name, of, file, judge, isInSlice }: SourceMutant): string {
  return `| ${name}${isInSlice === true ? ' *' : ''} | \`${of}\` | \`${file}\` | ${told(judge)} |`
}

function told(judge: Judge): string {
  switch (judge.by) {
    case 'conformance':
      return `conform: ${caseThat(judge.begins).name}`
    case 'explorer':
      return `explore \`${judge.scenario}\`: ${scenarioNamed(judge.scenario).summary}`
    case 'workload':
      return `compare \`${judge.workload}\``
    case 'equivalent':
      return `none, it is equivalent: ${judge.why}`
  }
}

if (import.meta.main) writeFileSync(FILE, mutantsToTell())
