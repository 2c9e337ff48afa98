/**
 * Goal: whatever keeps TigerBeetle from being used is one clear sentence with one remedy, and nothing unverified is run.
 * Method: scripts in the place of the server; sockets in the place of a cluster; a release of these tests' own at a web
 * server of theirs. Only where a real server is named is one needed.
 * @module-tag full
 */
import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer as createWebServer } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { inspectEngines } from '../../harness/engines/inspect.ts'
import { sha256 } from '../../harness/engines/local/archive.ts'
import { openCacheHome } from '../../harness/engines/local/cache-home.ts'
import { clientVersion } from '../../harness/engines/tigerbeetle/client.ts'
import { EngineError, openTigerbeetle } from '../../harness/engines/tigerbeetle/open.ts'
import { fetchedServer, type Release, releaseOf } from '../../harness/engines/tigerbeetle/release.ts'
import { serverProgram, type TigerbeetleCache, tigerbeetleCache } from './tigerbeetle-harness.ts'

const cache: TigerbeetleCache = tigerbeetleCache()
const servers: { close(): unknown }[] = []
afterAll(() => {
  for (const server of servers) server.close()
  cache.remove()
})

async function refusal(env: NodeJS.ProcessEnv, replicas: 1 | 3 = 1): Promise<EngineError> {
  const opened = openTigerbeetle({ replicas, durability: 'relaxed', env })
  const error: unknown = await opened.then(
    async (engine) => {
      await engine[Symbol.asyncDispose]()
      return undefined
    },
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof EngineError)) throw new Error(`no refusal, but: ${String(error)}`)
  expect(error.message).toMatch(/^[^\n]+\.$/)
  expect(error.remedy).not.toBe('')
  return error
}

function script(name: string, body: string): string {
  const folder = join(cache.folder, name)
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'tigerbeetle')
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 })
  return path
}

describe('a program named by TIGERBEETLE_BIN', () => {
  it.for(['/nowhere/tigerbeetle', '/bin/sh', '/etc', '/etc/passwd'])(
    'is refused when it is %s',
    async (path) => {
      const error = await refusal({ ...cache.env, TIGERBEETLE_BIN: path })
      expect(error.problem).toBe('misconfigured')
      expect(error.message).toContain(path)
    },
  )

  it('is refused when it is older than the client', async () => {
    const path = script('older', 'echo "TigerBeetle version 0.16.78+abcdef"')
    const error = await refusal({ ...cache.env, TIGERBEETLE_BIN: path })
    expect(error.problem).toBe('misconfigured')
    expect(error.message).toContain(
      `it is version 0.16.78, and the client ${clientVersion()} may not be newer`,
    )
  })

  it('is refused when it no longer takes clients this old', async () => {
    const path = script('newer', 'echo "TigerBeetle version 9.9.9+abcdef\nprocess.release_client_min=9.0.0"')
    const error = await refusal({ ...cache.env, TIGERBEETLE_BIN: path })
    expect(error.message).toContain('needs a client of 9.0.0 or newer')
  })

  it.for([
    ['cannot make its data file', 'echo "error(io): no luck" >&2; exit 1', 'storage', /no luck/],
    [
      'ends while starting',
      '[ "$1" = format ] || { echo "error: out of luck" >&2; exit 1; }',
      'start-failed',
      /ended while starting: error: out of luck/,
    ],
  ] as const)('is told of in a sentence when it %s', async ([name, body, problem, why]) => {
    const version = `[ "$1" = version ] && { echo "TigerBeetle version ${clientVersion()}+abc"; exit 0; }`
    const path = script(name.replaceAll(' ', '-'), `${version}\n${body}`)
    const error = await refusal({ ...cache.env, TIGERBEETLE_BIN: path })
    expect(error.problem).toBe(problem)
    expect(error.message).toMatch(why)
    expect(readdirSync(join(cache.folder, 'holdfast', 'tigerbeetle-runs'))).toEqual([])
  })
})

describe('a machine without a server', () => {
  it('is told so, with the remedy, and by the inspection', async () => {
    const { TIGERBEETLE_BIN: _, ...env } = cache.env
    const bare = { ...env, PATH: '/nowhere', HOLDFAST_OFFLINE: '1', POSTGRES_URL: 'none', REDIS_URL: 'none' }
    const error = await refusal(bare)
    expect(error.problem).toBe('missing')
    expect(error.message).toContain('HOLDFAST_OFFLINE')
    expect(error.remedy).toContain('TIGERBEETLE_BIN')
    const reports = await inspectEngines(bare)
    expect(reports.find(({ engine }) => engine === 'tigerbeetle')).toMatchObject({
      state: 'not proven',
      remedy: error.remedy,
      code: 'engine-missing',
    })
  })
})

describe('the official release', () => {
  it('has a pinned hash on every platform, or is not fetched', () => {
    for (const platform of ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']) {
      expect(releaseOf(clientVersion(), platform)).toMatchObject({
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      })
    }
    expect(releaseOf('9.9.9', 'linux-x64')).toContain('no checksum')
    expect(releaseOf(clientVersion(), 'plan9-mips')).toContain('no release')
  })

  /** A zip of one file, not packed. */
  function zipOf(name: string, content: Buffer): Buffer {
    const entry = Buffer.alloc(30)
    entry.writeUInt32LE(0x04034b50, 0)
    const listed = Buffer.alloc(46)
    listed.writeUInt32LE(0x02014b50, 0)
    for (const [header, at] of [
      [entry, 14],
      [listed, 16],
    ] as const) {
      header.writeUInt32LE(crc32(content), at)
      header.writeUInt32LE(content.length, at + 4)
      header.writeUInt32LE(content.length, at + 8)
      header.writeUInt16LE(name.length, at + 12)
    }
    const end = Buffer.alloc(22)
    end.writeUInt32LE(0x06054b50, 0)
    end.writeUInt16LE(1, 10)
    end.writeUInt32LE(30 + name.length + content.length, 16)
    return Buffer.concat([entry, Buffer.from(name), content, listed, Buffer.from(name), end])
  }

  async function published(archive: Buffer): Promise<Release> {
    const server = createWebServer((request, response) => {
      if (request.url === '/tigerbeetle.zip') response.end(archive)
      else response.writeHead(404).end()
    })
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    return { url: `http://127.0.0.1:${port}/tigerbeetle.zip`, sha256: sha256(archive) }
  }

  const home = openCacheHome('tigerbeetle', cache.env)
  const kept = (): string[] => readdirSync(home.folder).filter((name) => !name.endsWith('-runs'))
  const fetching = (
    release: Release,
    env: NodeJS.ProcessEnv = {},
    log: (line: string) => void = () => undefined,
  ) => fetchedServer({ version: '1.2.3', release, home, env: { PATH: process.env.PATH, ...env }, log })

  it('is fetched once, kept, and not used when it is damaged', async () => {
    const program = Buffer.from('#!/bin/sh\necho here\n')
    const release = await published(zipOf('tigerbeetle', program))
    const path = await fetching(release)
    expect(readFileSync(path)).toEqual(program)
    expect(await fetching({ ...release, url: 'http://127.0.0.1:1/' })).toBe(path)
    appendFileSync(path, 'x')
    await expect(fetching(release, { HOLDFAST_OFFLINE: '1' })).rejects.toThrow('HOLDFAST_OFFLINE')
    expect(existsSync(path)).toBe(false)
    expect(readFileSync(await fetching(release))).toEqual(program)
    // The folder alone, as a cleaner leaves it.
    rmSync(path)
    expect(readFileSync(await fetching(release))).toEqual(program)
  })

  it('is not kept when it is another, nothing, or no zip', async () => {
    const before = kept()
    const release = await published(zipOf('tigerbeetle', Buffer.from('another')))
    await expect(fetching({ ...release, sha256: 'f'.repeat(64) })).rejects.toThrow('not the expected archive')
    await expect(fetching({ ...release, url: `${release.url}x` })).rejects.toThrow('could not be fetched')
    await expect(fetching(await published(Buffer.from('no zip')))).rejects.toThrow('no zip')
    await expect(fetching(await published(zipOf('other', Buffer.from('x'))))).rejects.toThrow(
      'no tigerbeetle',
    )
    expect(kept()).toEqual(before)
  })
})

describe('addresses that cannot be used', () => {
  async function listening(answer: (socket: Socket) => void): Promise<number> {
    const server: Server = createServer((socket) => {
      socket.on('error', () => undefined)
      answer(socket)
    })
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }
  const at = (addresses: string, cluster?: string): NodeJS.ProcessEnv => ({
    ...cache.env,
    TIGERBEETLE_ADDRESSES: addresses,
    ...(cluster === undefined ? {} : { TIGERBEETLE_CLUSTER: cluster }),
  })

  it.for([
    ['are none', 'tb://here', /not an address/],
    ['hold a name', 'localhost:3000', /no names/],
    ['hold a port that there is not', '127.0.0.1:70000', /not an address and a port/],
    ['are too many', '1,2,3,4,5,6,7', /more than 6/],
    ['name one replica three times', '3000,3000,3000', /127\.0\.0\.1:3000 more than once/],
    ['name one in two ways', '127.0.0.1:3000,3000', /more than once/],
    ['name one by its IPv4 and by that in IPv6', '127.0.0.1:3000,[::ffff:127.0.0.1]:3000', /more than once/],
    ['name one by two spellings of IPv6', '[::1]:3000,[0:0:0:0:0:0:0:1]:3000', /more than once/],
    ['are those of another variable', 'redis://me:hunter2@here', /holds a URL, which/],
  ] as const)('because they %s are called misconfigured', async ([, addresses, why]) => {
    const error = await refusal(at(addresses))
    expect(error.problem).toBe('misconfigured')
    expect(error.message).toMatch(why)
  })

  it('because the cluster is no number are called misconfigured', async () => {
    expect(await refusal(at('127.0.0.1:3000', 'mine'))).toMatchObject({ problem: 'misconfigured' })
  })

  it('because there are too few of them are called too small', async () => {
    expect(await refusal(at('127.0.0.1:3000'), 3)).toMatchObject({ problem: 'too-small' })
  })

  it('because nobody listens there are called unreachable', async () => {
    const error = await refusal(at('127.0.0.1:1'))
    expect(error).toMatchObject({ problem: 'unreachable', message: expect.stringContaining('127.0.0.1:1') })
  })

  it('because too few listen are called unreachable', async () => {
    const port = await listening(() => undefined)
    const error = await refusal(at(`[::1]:1,127.0.0.1:${port},1`), 3)
    expect(error.message).toContain('Only 1 of the 3 replicas')
  })

  it('because what listens is silent are refused at a deadline', async () => {
    const port = await listening(() => undefined)
    const error = await refusal(at(`127.0.0.1:${port}`))
    expect(error).toMatchObject({ problem: 'unreachable', message: expect.stringMatching(/within \d+ ms/) })
  })
})

describe.skipIf(serverProgram === undefined)('a cluster at TIGERBEETLE_ADDRESSES', () => {
  it('is used and left as it is, by its number, and not stopped from here', async () => {
    await using host = await openTigerbeetle({ replicas: 1, durability: 'relaxed', env: cache.env })
    const [{ address } = { address: '' }] = host.replicas
    const env = {
      ...cache.env,
      TIGERBEETLE_ADDRESSES: address,
      TIGERBEETLE_CLUSTER: String(host.clusterId),
    }
    await using engine = await openTigerbeetle({ replicas: 1, durability: 'durable', env })
    expect(engine.source).toBe('TIGERBEETLE_ADDRESSES')
    expect(engine.version).toContain(`client ${clientVersion()}`)
    expect(engine.durability.label).toBe('as configured')
    await using theirs = await host.openNamespace({ label: 'theirs' })
    await using ours = await engine.openNamespace({ label: 'ours' })
    expect(ours.ledger).not.toBe(theirs.ledger)
    expect((await ours.readClock()).offsetMs).toBeGreaterThan(0)
    await expect(engine.replicas[0]?.stop()).rejects.toThrow('not started here')
    await expect(engine.replicas[0]?.pause()).rejects.toThrow('not started here')

    const wrong = await refusal({ ...env, TIGERBEETLE_CLUSTER: '7' })
    expect(wrong.remedy).toContain('TIGERBEETLE_CLUSTER')
  })
})
