/**
 * The official release of k6, fetched once into the cache without special permissions. It is run only if the
 * archive has the hash that the release itself lists: that detects a damaged transfer, but proves nothing
 * about the publisher.
 */
import { chmod, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../engines/local/archive.ts'
import { runToEnd } from '../engines/local/bounded-child.ts'
import { download } from '../engines/local/download.ts'
import { createAtomically } from '../engines/local/run-folder.ts'

export interface K6Release {
  /** The location of its files. */
  readonly url: string
  readonly archive: string
  /** Each line is a hash, two spaces, and the name of a file. */
  readonly checksums: string
  /** The program within the archive. */
  readonly program: string
}

const RELEASES = 'https://github.com/grafana/k6/releases/download'
const UNPACK_DEADLINE_MS = 60_000

/** As the names of a release's files have them. */
const PLATFORMS: Readonly<Partial<Record<string, readonly [name: string, packed: string]>>> = {
  'linux-x64': ['linux-amd64', 'tar.gz'],
  'linux-arm64': ['linux-arm64', 'tar.gz'],
  'darwin-x64': ['macos-amd64', 'zip'],
  'darwin-arm64': ['macos-arm64', 'zip'],
}

/** The release to fetch; or the reason why there is none, as a clause. */
export function k6ReleaseOf(version: string, platform: string): K6Release | string {
  const [name, packed] = PLATFORMS[platform] ?? []
  if (name === undefined) return `there is no release for ${platform}`
  const folder = `k6-v${version}-${name}`
  return {
    url: `${RELEASES}/v${version}`,
    archive: `${folder}.${packed}`,
    checksums: `k6-v${version}-checksums.txt`,
    program: `${folder}/k6`,
  }
}

/**
 * Creates `folder` with the program `k6` in it. Throws an error whose message is a clause, and then keeps
 * nothing.
 */
export async function fetchK6(
  release: K6Release,
  folder: string,
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const { url, archive, checksums, program } = release
  await createAtomically(folder, 0o755, async (unfinished) => {
    for (const name of [checksums, archive]) {
      await download(`${url}/${name}`, { folder: unfinished, to: name, env, signal })
    }
    const listed = (await readFile(join(unfinished, checksums), 'utf8')).split('\n')
    const expected = listed.find((line) => line.trim().endsWith(`  ${archive}`))?.split(' ')[0]
    if (expected === undefined) throw new Error(`${checksums} does not list ${archive}`)
    if (sha256(await readFile(join(unfinished, archive))) !== expected.toLowerCase())
      throw new Error(`${archive} is not what ${checksums} lists`)
    // On macOS the release is a zip, which tar also unpacks.
    const unpacked = await runToEnd('tar', ['-xf', archive, program], {
      deadlineMs: UNPACK_DEADLINE_MS,
      account: undefined,
      cwd: unfinished,
      signal,
    })
    if (unpacked.exitCode !== 0) throw new Error(`${archive} does not contain ${program}`)
    await rename(join(unfinished, program), join(unfinished, 'k6'))
    await chmod(join(unfinished, 'k6'), 0o755)
    const [rest = program] = program.split('/')
    for (const name of [checksums, archive, rest]) await rm(join(unfinished, name), { recursive: true })
  })
}
