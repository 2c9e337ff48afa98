/** The files of a project that uses the package as its users do. */
import { readFileSync } from 'node:fs'
import path from 'node:path'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** A strategy of the registry as a file of the project's own, which knows the package alone. */
function ownStrategy(name: string): string {
  const source = readFileSync(path.join(ROOT, `strategies/${name}.ts`), 'utf8')
  return `${source
    .replace("'./ledgers/counter-rows/write.ts'", "'holdfast/postgres'")
    .replace("'./strategy.ts'", "'holdfast/strategy'")}
export const ledger = 'counter-rows'
`
}

const PROVE = `
  const right = await prove({ strategy: { name: 'right', engines: ['postgres'], ledger: 'counter-rows', create }, workloads: ['drain'], concurrency: 8, durability: 'relaxed' })
  const wrong = await prove({ strategy: { name: 'wrong', engines: ['postgres'], ledger: 'counter-rows', create: createWrong }, workloads: ['drain'], concurrency: 8, durability: 'relaxed' })
  console.log(right.verdict, wrong.verdict, wrong.convictions.length)
`

const OURS = (of: string, runner = 'vitest') => `
import { describeReservations } from 'holdfast/${runner}'
import { create } from './${of}.ts'

describeReservations('our reservations', {
  engines: ['postgres'],
  ledger: 'counter-rows',
  create: ({ postgres }, settings) => create({ postgres }, settings),
  workloads: ['drain'],
  scenarios: ['hold'],
})
`

export const FILES: Readonly<Record<string, string>> = {
  'right.ts': ownStrategy('postgres-conditional-update'),
  'wrong.ts': ownStrategy('postgres-naive'),
  // Plain JavaScript and TypeScript: both see the package as Node does.
  'library.mjs': `import { prove } from 'holdfast'
import { create } from './right.ts'
import { create as createWrong } from './wrong.ts'
${PROVE}`,
  'library.ts': `import { prove, type Proof } from 'holdfast'
import type { Capability, ReservationTests } from 'holdfast/testing'
import type { ReservationStrategy } from 'holdfast/strategy'
import { create } from './right.ts'
import { create as createWrong } from './wrong.ts'

export const verdictOf = (proof: Proof): 'valid' | 'invalid' | 'unknown' => proof.verdict
export const seatsOf = (proof: Proof): readonly string[] => proof.trials.map(({ workload }) => workload)
export type All = readonly [Capability, ReservationTests, ReservationStrategy]
${PROVE.replaceAll('create: createWrong', 'create: ({ postgres }, settings) => createWrong({ postgres: postgres! }, settings)').replaceAll(', create }', ', create: ({ postgres }, settings) => create({ postgres: postgres! }, settings) }')}`,
  'right.test.ts': OURS('right'),
  'again.test.ts': OURS('right'),
  'wrong.test.ts': OURS('wrong'),
  'right.node.ts': OURS('right', 'node-test'),
  'wrong.node.ts': OURS('wrong', 'node-test'),
  // The strictest that a project may be: even the declarations of packages are checked.
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      target: 'es2022',
      lib: ['es2024', 'esnext.disposable'],
      module: 'nodenext',
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
      allowImportingTsExtensions: true,
    },
    include: ['*.ts'],
  }),
}
