/**
 * Goal: a strategy passes through the network however its engine is reached: by the path of a socket, and with encryption, whose
 * certificate is for the server and not for the proxy.
 * Method: before the real servers stand listeners of the test's own: one at a path, one that speaks TLS.
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { afterAll, expect, test } from 'vitest'
import { openPostgres } from '../../harness/engines/postgres/open.ts'
import { openRedis } from '../../harness/engines/redis/open.ts'
import { type NetworkProxy, openNetwork } from '../../harness/network/network.ts'
import { FULL } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const opened = await withEngines(['postgres', 'redis'], undefined, { redis: 1 })
const network = await openNetwork({ latencyMs: 0 })
const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-routes-'))
afterAll(async () => {
  await network[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

function routing() {
  const proxies: NetworkProxy[] = []
  return {
    proxies,
    async through(to: Parameters<typeof network.proxy>[0]) {
      const proxy = await network.proxy(to)
      proxies.push(proxy)
      return proxy.address
    },
  }
}

async function closed(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()))
}

test('a server at the path of a socket', async () => {
  const { postgres } = opened.engines
  if (postgres === undefined) return
  const url = new URL(postgres.connectionString())
  const server = createServer((socket) => {
    const upstream = connect(Number(url.port), url.hostname)
    for (const each of [socket, upstream]) each.on('error', () => undefined)
    socket.pipe(upstream).pipe(socket)
  }).listen(path.join(folder, '.s.PGSQL.5432'))
  await once(server, 'listening')
  const account = `${url.username}:${url.password}`
  const POSTGRES_URL = `postgres://${account}@/postgres?host=${encodeURIComponent(folder)}&port=5432`
  {
    await using engine = await openPostgres({ durability: 'relaxed', env: { POSTGRES_URL } })
    const { proxies, through } = routing()
    await using space = await engine.openNamespace({ label: 'by path', poolSize: 2, through })
    expect(await space.pool.query('select 1 as one')).toMatchObject({ rows: [{ one: 1 }] })
    expect(proxies.map(({ to }) => to)).toEqual([{ path: path.join(folder, '.s.PGSQL.5432') }])
    expect((await proxies[0]?.passed())?.connections).toBe(2)
  }
  await closed(server)
})

test.skipIf(opened.lacks(['redis']))(
  'a server behind TLS, with a certificate for its name',
  FULL,
  async () => {
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')]
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost']
    const names = ['-addext', 'subjectAltName=DNS:localhost']
    execFileSync('openssl', [...made, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    const url = new URL(opened.engines.redis?.nodes[0].connectionString() ?? '')
    const server = tls
      .createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
        const upstream = connect(Number(url.port), url.hostname)
        for (const each of [socket, upstream]) each.on('error', () => undefined)
        socket.pipe(upstream).pipe(socket)
      })
      .listen(0, 'localhost')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const trusted = tls.getCACertificates('default')
    tls.setDefaultCACertificates([...trusted, readFileSync(cert, 'utf8')])
    try {
      const REDIS_URL = `rediss://:${url.password}@localhost:${port}`
      await using engine = await openRedis({ nodes: 1, durability: 'none', env: { REDIS_URL } })
      const { proxies, through } = routing()
      await using space = await engine.openNamespace({ label: 'behind TLS', through })
      expect(await space.clients[0].ping()).toBe('PONG')
      expect((await proxies[0]?.passed())?.connections).toBe(1)
    } finally {
      tls.setDefaultCACertificates(trusted)
      await closed(server)
    }
  },
)
