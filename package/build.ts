/**
 * Builds the package into dist/: `npm run build`. Rolldown bundles (the same as vitest's own): a package of many small
 * files would be several times as large, and `using` is written out for Node 22. The clone runs from its sources.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Plugin, rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import { distinctNames } from './distinct-names.ts'
import { manifestOf, type Source } from './manifest.ts'
import { writeStubs } from './outside.ts'
import { BUNDLED, FACES, PROGRAMS } from './programs.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const DIST = path.join(ROOT, 'dist')
const LIB = path.join(DIST, 'lib')
/** One declaration for each source, before they are bundled. */
const TYPES = path.join(DIST, 'types')
const TARGET = 'node22'
const MAPPED_CHARACTERS_MIN = 2_500

/** A file that is started by its path, as sources name it. */
const STARTED = /new URL\('\.\/([\w-]+)\.ts', import\.meta\.url\)/g
/** The scripts of k6, from the folder of the source, and from lib/. */
const K6_FOLDER = ["'../../k6'", "'../k6'"] as const

/** Types of packages that may not be there: whoever does not use the engine sees no error in ours. */
const TYPES_NOT_INSTALLED = /^import .* from "(?:ioredis|knex|pg|tigerbeetle-node)";$/gm

const faces = Object.fromEntries(Object.values(FACES).map(({ name, source }) => [name, source]))

function isExternal(id: string): boolean {
  const isPath = id.startsWith('.') || path.isAbsolute(id) || id.startsWith('\0')
  return !isPath && id.split('/')[0] !== BUNDLED && !id.startsWith('@oxc-project/')
}

/** All bundles are in one folder, so that a program is found beside whoever starts it. */
const programsByPath: Plugin = {
  name: 'programs by path',
  transform(code, id) {
    if (!id.startsWith(ROOT) || id.includes('node_modules')) return null
    const changed = code
      .replace(STARTED, (_, name: string) => {
        if (!Object.hasOwn(PROGRAMS, name)) throw new Error(`${id} starts ${name}.ts, which is no program`)
        return `new URL('./${name}.js', import.meta.url)`
      })
      .replace(...K6_FOLDER)
    return changed === code ? null : { code: changed, map: null }
  },
}

async function bundle(): Promise<void> {
  const bundled = await rolldown({
    cwd: ROOT,
    input: { ...faces, ...PROGRAMS },
    platform: 'node',
    external: isExternal,
    plugins: [programsByPath],
    transform: {
      target: TARGET,
      inject: { AsyncDisposableStack: [path.join(ROOT, 'package/disposable-stack.ts'), 'Stack'] },
    },
    onLog: refuseWarnings,
  })
  await bundled.write({
    dir: LIB,
    format: 'es',
    sourcemap: true,
    // Beside lib/ in a stack, as if the sources, which are in the maps, were in the package.
    sourcemapPathTransform: (source) => source.replace(/^\.\.\/\.\.\//, '../sources/'),
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    comments: { legal: true, annotation: true, jsdoc: false },
    // The maps have the sources; the package has a limit of size.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
    // What is not ours needs no map.
    codeSplitting: { groups: [{ name: BUNDLED, test: new RegExp(`node_modules/${BUNDLED}/`) }] },
  })
}

/** In declarations, sources import each other by the names of sources. */
const declarationOfSource: Plugin = {
  name: 'declaration of a source',
  resolveId(id, importer) {
    if (importer?.startsWith(TYPES) !== true || !/^\.{1,2}\/.*(?<!\.d)\.ts$/.test(id)) return null
    return path.resolve(path.dirname(importer), id.replace(/\.ts$/, '.d.ts'))
  },
}

async function declare(): Promise<void> {
  const tsc = path.join(ROOT, 'node_modules/.bin/tsc')
  execFileSync(tsc, ['-p', path.join(ROOT, 'package')], { stdio: 'inherit' })
  const input = Object.entries(faces).map(([name, source]) => [
    name,
    path.join(TYPES, source.replace(/\.ts$/, '.d.ts')),
  ])
  const declared = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries(input),
    platform: 'node',
    external: isExternal,
    plugins: [
      declarationOfSource,
      distinctNames,
      dts({ dtsInput: true, emitDtsOnly: true, tsconfig: path.join(ROOT, 'tsconfig.json') }),
    ],
  })
  await declared.write({
    dir: LIB,
    format: 'es',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  })
  for (const file of filesOf('.d.ts')) {
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replaceAll(TYPES_NOT_INSTALLED, '// @ts-ignore: an optional package\n$&'))
  }
}

function refuseWarnings(level: string, log: { readonly message: string }): void {
  if (level === 'warn') throw new Error(log.message)
}

function filesOf(ending: string): readonly string[] {
  return readdirSync(LIB)
    .filter((name) => name.endsWith(ending))
    .map((name) => path.join(LIB, name))
}

const APART = /sources\/(?:cli|shop|experiments|learn|harness\/(?:report|service|load|live|benchmarks))\//

/** Maps, kept where a reader's own code may lead to, and small: the package has a limit of size. */
function slimMaps(): void {
  for (const name of filesOf('.js.map')) {
    const file = name.replace(/\.map$/, '')
    const text = readFileSync(file, 'utf8')
    const map = JSON.parse(readFileSync(name, 'utf8')) as SourceMap
    if (isWorthItsSize(path.basename(name), text, map)) {
      writeFileSync(name, withoutComments(map))
      continue
    }
    rmSync(name)
    writeFileSync(file, text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'))
  }
}

interface SourceMap {
  readonly sources: readonly string[]
  readonly sourcesContent?: readonly (string | null)[]
}

/**
 * Maps of what was bundled from elsewhere are as large as all of ours; each map takes a block of the disk, which
 * a file of a few lines is not worth; and no code of a reader calls the commands, the shop, the lessons and the
 * reports.
 */
function isWorthItsSize(name: string, text: string, { sources }: SourceMap): boolean {
  if (name.startsWith(`${BUNDLED}-`) || text.length <= MAPPED_CHARACTERS_MIN) return false
  const apart = sources.filter((source) => APART.test(source))
  return apart.length < sources.length / 2
}

/** Line by line as they were, without the comments of whole lines: declarations have those. */
function withoutComments(map: SourceMap): string {
  const sourcesContent = map.sourcesContent?.map(
    (source) =>
      source
        ?.replaceAll(/^[ \t]*\/\*\*[\s\S]*?\*\/$/gm, (comment) => comment.replaceAll(/[^\n]/g, ''))
        .replaceAll(/^[ \t]*\/\/.*$/gm, '') ?? null,
  )
  return JSON.stringify({ ...map, sourcesContent })
}

function refuseSourcePaths(): void {
  for (const file of filesOf('.js')) {
    const left = /(?:new URL|import)\(['"]\.[^'"]*\.ts['"]/.exec(readFileSync(file, 'utf8'))
    if (left !== null) throw new Error(`${path.basename(file)} still names a source: ${left[0]}`)
  }
}

function copyBeside(): void {
  const source = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Source
  writeFileSync(path.join(DIST, 'package.json'), `${JSON.stringify(manifestOf(source), undefined, 2)}\n`)
  cpSync(path.join(ROOT, 'LICENSE'), path.join(DIST, 'LICENSE'))
  cpSync(path.join(ROOT, 'package/README.md'), path.join(DIST, 'README.md'))
  cpSync(path.join(ROOT, 'package/holdfast.js'), path.join(DIST, 'bin/holdfast.js'))
  cpSync(path.join(ROOT, 'examples/starter'), path.join(DIST, 'examples/starter'), { recursive: true })
  // The script of a page, which is put together when the page is written.
  cpSync(path.join(ROOT, 'learn/scheduler/page'), path.join(LIB, 'page'), {
    recursive: true,
    filter: (file) => !/tsconfig\.json$/.test(file),
  })
  cpSync(path.join(ROOT, 'docs/lessons'), path.join(DIST, 'docs/lessons'), { recursive: true })
  cpSync(path.join(ROOT, 'examples/exercises'), path.join(DIST, 'examples/exercises'), { recursive: true })
  cpSync(path.join(ROOT, 'k6'), path.join(DIST, 'k6'), {
    recursive: true,
    filter: (file) => !/tsconfig\.json$|\.d\.ts$/.test(file),
  })
}

rmSync(DIST, { recursive: true, force: true })
await Promise.all([bundle(), declare()])
rmSync(TYPES, { recursive: true })
slimMaps()
writeStubs(LIB)
refuseSourcePaths()
copyBeside()
