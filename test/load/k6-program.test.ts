/** Goal: a load generator that is not what it says is refused in one sentence. Method: programs made by hand. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { sha256 } from '../../harness/engines/local/archive.ts'
import { locateK6 } from '../../harness/load/k6-program.ts'
import { type K6Release, k6ReleaseOf } from '../../harness/load/k6-release.ts'

const folder = await mkdtemp(join(tmpdir(), 'holdfast-k6-program-'))
// Run by root, a cache that other accounts cannot walk into would be passed over for the machine's own.
await chmod(folder, 0o755)
afterAll(() => rm(folder, { recursive: true }))

async function program(name: string, says: string): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, `#!/bin/sh\necho '${says}'\n`)
  await chmod(file, 0o755)
  return file
}

const locate = (env: NodeJS.ProcessEnv) => locateK6({ env, log: () => undefined, mayFetch: false })
const fetching = (env: NodeJS.ProcessEnv, release: K6Release | string) =>
  locateK6({ env, log: () => undefined, mayFetch: true, release })

test('the one that K6_BIN names is taken, with its version', async () => {
  const path = await program('k6-named', 'k6 v1.8.1 (go1.26.0, linux/amd64)')
  expect(await locate({ K6_BIN: path })).toEqual({ path, source: 'K6_BIN', version: '1.8.1' })
})

test.for([
  ['another program', 'hello'],
  ['one that is too old', 'k6 v0.49.0 (go1.21)'],
])('%s in K6_BIN is refused', async ([, says = '']) => {
  const path = await program(`k6-${says.length}`, says)
  await expect(locate({ K6_BIN: path })).rejects.toMatchObject({
    problem: 'misconfigured',
    message: expect.stringContaining('K6_BIN names'),
  })
})

/** Nothing but what a download takes. */
async function bareMachine(name: string): Promise<NodeJS.ProcessEnv> {
  const tools = join(folder, `${name}-tools`)
  await mkdir(tools)
  for (const tool of ['curl', 'tar', 'gzip']) await symlink(which(tool), join(tools, tool))
  const cache = join(folder, `${name}-cache`)
  await mkdir(cache, { mode: 0o755 })
  return { PATH: tools, HOME: tools, XDG_CACHE_HOME: cache }
}

function which(tool: string): string {
  const found = (process.env.PATH ?? '')
    .split(':')
    .map((each) => join(each, tool))
    .find((each) => existsSync(each))
  return found ?? expect.fail(`there is no ${tool}`)
}

/** A release of one program, at a web server of this test's own. */
async function published(says: string, listed?: string): Promise<K6Release> {
  const release = {
    archive: 'k6-v1.8.1-here.tar.gz',
    checksums: 'k6-v1.8.1-checksums.txt',
    program: 'k6-v1.8.1-here/k6',
  }
  const own = await mkdtemp(join(folder, 'release-'))
  await mkdir(join(own, 'k6-v1.8.1-here'))
  await writeFile(join(own, release.program), `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 })
  execFileSync('tar', ['-czf', release.archive, 'k6-v1.8.1-here'], { cwd: own })
  const hash = listed ?? sha256(await readFile(join(own, release.archive)))
  await writeFile(
    join(own, release.checksums),
    `${'0'.repeat(64)}  another.zip\n${hash}  ${release.archive}\n`,
  )
  const server = createServer(async (request, response) => {
    const asked = join(own, request.url ?? '')
    if (existsSync(asked)) response.end(await readFile(asked))
    else response.writeHead(404).end()
  })
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { ...release, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` }
}

test('the release is fetched once, and kept without its wrapping', async () => {
  const env = await bareMachine('fetching')
  const { path, ...found } = await fetching(env, await published('k6 v1.8.1 (go1.26.0, linux/amd64)'))
  expect(found).toEqual({ source: 'release', version: '1.8.1' })
  expect(await readdir(join(path, '..'))).toEqual(['k6'])
  expect(await locate(env)).toEqual({ path, source: 'cache', version: '1.8.1' })
})

test('a release that is not what it lists is not kept', async () => {
  const env = await bareMachine('refusing')
  const wrong = await published('k6 v1.8.1 (go1.26.0, linux/amd64)', 'f'.repeat(64))
  await expect(fetching(env, wrong)).rejects.toThrow('is not what k6-v1.8.1-checksums.txt lists')
  await expect(fetching(env, { ...wrong, archive: 'nowhere.tar.gz' })).rejects.toThrow('could not be fetched')
  await expect(fetching({ ...env, HOLDFAST_OFFLINE: '1' }, wrong)).rejects.toThrow('HOLDFAST_OFFLINE')
  await expect(fetching(env, 'there is none')).rejects.toThrow(/Go could not be run.* there is none/)
})

test('there is a release for every platform of ours, and none for another', () => {
  for (const platform of ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']) {
    expect(k6ReleaseOf('1.8.1', platform)).toMatchObject({ archive: expect.stringMatching(/^k6-v1\.8\.1-/) })
  }
  expect(k6ReleaseOf('1.8.1', 'plan9-mips')).toContain('no release')
})

test('none anywhere is said with the command that fixes it', async () => {
  await mkdir(join(folder, 'cache'), { mode: 0o755 })
  const nowhere = { PATH: folder, HOME: folder, XDG_CACHE_HOME: join(folder, 'cache') }
  const found = await locate(nowhere).catch((error: unknown) => error)
  expect(found).toMatchObject({ problem: 'missing', remedy: expect.stringContaining('go install') })
})
