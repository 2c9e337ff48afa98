/** The files of a project that uses the package as its users do. */
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
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

/** As a compiler writes it for Jest, which by default knows CommonJS alone. */
function commonJs(typescript: string): string {
  return `${stripTypeScriptTypes(typescript)
    .replaceAll(/^import \{([^}]*)\} from ('[^']+')/gm, 'const {$1} = require($2)')
    .replaceAll(/^export /gm, '')}
module.exports = { create }
`
}

const IN_JEST = (load: string) => `
${load}

describeReservations('our reservations', {
  engines: ['postgres'],
  ledger: 'counter-rows',
  create: ({ postgres }, settings) => create({ postgres }, settings),
  workloads: ['drain'],
  scenarios: ['hold'],
})
`

const required = (of: string) =>
  `const { describeReservations } = require('holdfast/jest')\nconst { create } = require('./${of}.cjs')`

const BODIES_IN_JEST = `
const { EXPLORED, exploring } = require('holdfast/jest')

const explore = exploring({
  engines: ['postgres'],
  setup: ({ pg }) => pg.query('create table seat (id integer primary key, buyer text)'),
  before: ({ pg }) => pg.query('insert into seat values (1, null)'),
})

const soldOnce = (buy) =>
  explore(async ({ client }) => {
    const sold = await Promise.all(['alice', 'bob'].map((name) => buy(client(name).pg, name)))
    expect(sold.filter(Boolean)).toHaveLength(1)
  })

const taking = 'update seat set buyer = $1 where id = 1'

test('is sold once', () =>
  soldOnce(async (pg, name) => (await pg.query(taking + ' and buyer is null', [name])).rowCount === 1), EXPLORED)

test('is sold once, naively', () =>
  soldOnce(async (pg, name) => {
    const { rows } = await pg.query('select buyer from seat where id = 1')
    if (rows[0].buyer !== null) return false
    await pg.query(taking, [name])
    return true
  }), EXPLORED)
`

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
  'right.cjs': commonJs(ownStrategy('postgres-conditional-update')),
  'wrong.cjs': commonJs(ownStrategy('postgres-naive')),
  'right.mjs': stripTypeScriptTypes(ownStrategy('postgres-conditional-update')),
  'right.jest.cjs': IN_JEST(required('right')),
  'wrong.jest.cjs': IN_JEST(required('wrong')),
  'right.jest.mjs': IN_JEST(
    "import { describeReservations } from 'holdfast/jest'\nimport { create } from './right.mjs'",
  ),
  'body.jest.cjs': BODIES_IN_JEST,
  'jest.config.json': JSON.stringify({ testMatch: ['**/*.jest.[cm]js'], transform: {} }),
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
