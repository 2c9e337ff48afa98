/**
 * The official release of k6, fetched once into the cache without any rights. It is run only if the archive
 * has the hash that the release itself lists for it: a transfer that went wrong is noticed, and who has
 * published it is as far as that is to be trusted.
 */
import { chmod, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../engines/local/archive.ts'
import { runToEnd } from '../engines/local/bounded-child.ts'
import { download } from '../engines/local/download.ts'
import { createAtomically } from '../engines/local/run-folder.ts'

export interface K6Release {
  /** Where its files lie. */
  readonly url: string
  readonly archive: string
  /** Its lines are a hash, two spaces, and the name of a file. */
  readonly checksums: string
  /** Inside the archive. */
  readonly program: string
}

const RELEASES = 'https://github.com/grafana/k6/releases/download'
const UNPACK_DEADLINE_MS = 60_000

/** As a release names them. */
const PLATFORMS: Readonly<Partial<Record<string, readonly [name: string, packed: string]>>> = {
  'linux-x64': ['linux-amd64', 'tar.gz'],
  'linux-arm64': ['linux-arm64', 'tar.gz'],
  'darwin-x64': ['macos-amd64', 'zip'],
  'darwin-arm64': ['macos-arm64', 'zip'],
}

/** The release to fetch, or a clause that says why there is none. */
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
 * Makes `folder`, with the program `k6` in it. What is thrown is a clause of a sentence,
 * and nothing is kept then.
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
    // On macOS tar unpacks a zip as well, and there the release is one.
    const unpacked = await runToEnd('tar', ['-xf', archive, program], {
      deadlineMs: UNPACK_DEADLINE_MS,
      account: undefined,
      cwd: unfinished,
      signal,
    })
    if (unpacked.exitCode !== 0) throw new Error(`${archive} holds no ${program}`)
    await rename(join(unfinished, program), join(unfinished, 'k6'))
    await chmod(join(unfinished, 'k6'), 0o755)
    const [rest = program] = program.split('/')
    for (const name of [checksums, archive, rest]) await rm(join(unfinished, name), { recursive: true })
  })
}
