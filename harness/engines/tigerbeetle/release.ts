/**
 * The official TigerBeetle of the client's own version, fetched once into the cache without special
 * permissions, and run only if the archive has exactly the hash below. A version without a hash is not
 * fetched.
 */
import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf } from '../engine-error.ts'
import { isOffline, sha256, unzip } from '../local/archive.ts'
import type { CacheHome } from '../local/cache-home.ts'
import { download } from '../local/download.ts'
import { discardFolder, keepFolder } from '../local/kept-folder.ts'
import { isFolder } from '../local/run-folder.ts'

export interface Release {
  readonly url: string
  readonly sha256: string
}

/** By version, then platform. A wrong hash refuses a good archive; it never lets a bad one in. */
const SHA256: Readonly<Partial<Record<string, Readonly<Partial<Record<string, string>>>>>> = {
  '0.17.9': {
    'x86_64-linux': 'af71f2c0057e3b409bf79940fa94894b738187b0d4f1e711097bca15df5d8cd4',
    'aarch64-linux': '413994920fe48b04f5aa86895b7a1d9d98d14803b29d4e91d2a6d0098fff4ef2',
    'universal-macos': '4e085eaffc66c2ed82e7f94a8137c468256d2fb0b35152ccf903cc6676c22940',
  },
}

/** The names in a release. */
const PLATFORMS: Readonly<Partial<Record<string, string>>> = {
  'linux-x64': 'x86_64-linux',
  'linux-arm64': 'aarch64-linux',
  'darwin-x64': 'universal-macos',
  'darwin-arm64': 'universal-macos',
}

const RELEASES = 'https://github.com/tigerbeetle/tigerbeetle/releases/download'
/** The release to fetch, or a clause that says why there is none. */
export function releaseOf(version: string, platform: string): Release | string {
  const name = PLATFORMS[platform]
  if (name === undefined) return `there is no release for ${platform}`
  const pinned = SHA256[version]?.[name]
  if (pinned === undefined) return `no checksum of release ${version} for ${name} is known here`
  return { url: `${RELEASES}/${version}/tigerbeetle-${name}.zip`, sha256: pinned }
}

/** The path of the server, fetched if the cache does not hold it. Errors are clauses of a sentence. */
export async function fetchedServer(options: {
  readonly version: string
  readonly release?: Release | string
  readonly home: CacheHome
  readonly env: NodeJS.ProcessEnv
  readonly log: (line: string) => void
  readonly signal?: AbortSignal | undefined
}): Promise<string> {
  const { version, home, env, log, signal } = options
  const platform = `${process.platform}-${process.arch}`
  const release = options.release ?? releaseOf(version, platform)
  if (typeof release === 'string') throw new Error(release)
  const folder = join(home.folder, `tigerbeetle-${version}-${platform}-${release.sha256.slice(0, 12)}`)
  const server = join(folder, 'tigerbeetle')
  const record = join(folder, 'sha256')
  const isWhole = async (): Promise<boolean> =>
    sha256(await readFile(server)) === (await readFile(record, 'utf8')).trim()
  if (await isWhole().catch(() => false)) return server
  const onDamaged = (): void => log(`tigerbeetle: fetching it again, because ${server} is damaged`)
  if (isFolder(folder)) {
    onDamaged()
    await discardFolder(folder)
  }
  if (isOffline(env)) throw new Error('HOLDFAST_OFFLINE forbids fetching one')
  log(`tigerbeetle: fetching TigerBeetle ${version} into ${home.folder}`)
  try {
    await keepFolder({
      path: folder,
      mode: home.account ? 0o755 : 0o700,
      fill: async (unfinished) => {
        const program = unzip(await fetched(release, unfinished, env, signal), 'tigerbeetle')
        await writeFile(join(unfinished, 'sha256'), `${sha256(program)}\n`)
        await writeFile(join(unfinished, 'tigerbeetle'), program)
        await chmod(join(unfinished, 'tigerbeetle'), 0o755)
      },
      isWhole,
      onDamaged,
    })
  } catch (error) {
    throw new Error(`release ${version} could not be fetched: ${reasonOf(error)}`)
  }
  return server
}

async function fetched(
  release: Release,
  folder: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const archive = join(folder, 'archive.zip')
  await download(release.url, { folder, to: 'archive.zip', env, signal })
  const bytes = await readFile(archive)
  await rm(archive)
  if (sha256(bytes) !== release.sha256) throw new Error('what was fetched is not the expected archive')
  return bytes
}
