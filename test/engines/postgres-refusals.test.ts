/**
 * Goal: whatever keeps a run from a PostgreSQL server is told as what it is, with the step that helps with just that.
 * Method: a server of our own that is set up to refuse: by pg_hba.conf, limits, certificates, privileges, as a standby, and
 * through a pooler.
 * @module-tag full
 */
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCacheHome } from '../../harness/engines/local/cache-home.ts'
import { locatePostgresBinaries, runnableBinaries } from '../../harness/engines/postgres/binaries.ts'
import { connectFailure } from '../../harness/engines/postgres/failures.ts'
import { EngineError, openPostgres, type PostgresEngine } from '../../harness/engines/postgres/open.ts'
import { openTemplate } from '../../harness/engines/postgres/template.ts'
import { parsePostgresUrl } from '../../harness/engines/postgres/url.ts'
import { openNetwork } from '../../harness/network/network.ts'
import { temporaryCache, until } from './harness.ts'
import { pgbouncerProgram, startPgBouncer } from './pgbouncer.ts'

const cache = temporaryCache()
let host: PostgresEngine
let owner: pg.Client
let dataFolder: string
let place: string
let usualRules: string

beforeAll(async () => {
  host = await openPostgres({ durability: 'relaxed', env: cache.env })
  owner = new pg.Client({ connectionString: host.connectionString() })
  await owner.connect()
  const { rows } = await owner.query<{ data_directory: string }>('show data_directory')
  dataFolder = rows[0]?.data_directory ?? ''
  usualRules = readFileSync(join(dataFolder, 'pg_hba.conf'), 'utf8')
  place = new URL(host.url).host
})
afterAll(async () => {
  await owner.end()
  await host[Symbol.asyncDispose]()
  cache.remove()
})

/** Waits until the server has read it: it says so by the number of its rules. */
async function withRules(rules: readonly string[], during: () => Promise<void>): Promise<void> {
  const set = async (text: string): Promise<void> => {
    writeFileSync(join(dataFolder, 'pg_hba.conf'), text)
    const before = await loadedAt()
    await until('the server has read its configuration', async () => {
      await owner.query('select pg_reload_conf()')
      return (await loadedAt()) > before
    })
  }
  await set(`${rules.join('\n')}\n${usualRules}`)
  try {
    await during()
  } finally {
    await set(usualRules)
  }
}

async function loadedAt(): Promise<number> {
  const { rows } = await owner.query<{ at: number }>(
    'select extract(epoch from pg_conf_load_time())::float8 as at',
  )
  return rows[0]?.at ?? 0
}

async function refusal(url: string, poolSize?: number): Promise<EngineError> {
  const error: unknown = await openPostgres({
    durability: 'relaxed',
    env: { ...cache.env, POSTGRES_URL: url },
  })
    .then(async (engine) => {
      try {
        if (poolSize !== undefined) await engine.openNamespace({ poolSize, label: 'refused' })
      } finally {
        await engine[Symbol.asyncDispose]()
      }
    })
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
  if (!(error instanceof EngineError)) throw new Error(`no refusal, but: ${String(error)}`)
  expect(error.message).toMatch(/^[^\n]+\.$/)
  expect(`${error.message} ${error.remedy} ${error.stack} ${JSON.stringify(error)}`).not.toContain('secret')
  return error
}

async function role(name: string, options = ''): Promise<string> {
  await owner.query(`create role ${name} login password 'secret' ${options}`)
  await owner.query(`grant create on database postgres to ${name}`)
  return `postgres://${name}:secret@${place}/postgres`
}

describe('who is let in', () => {
  it('by a rule that asks for encryption, or by none, is no matter of passwords', async () => {
    const url = await role('plain')
    await withRules(['hostssl all plain all scram-sha-256', 'host all plain all reject'], async () => {
      const error = await refusal(url)
      expect(error).toMatchObject({ problem: 'refused-access' })
      expect(error.message).toMatch(
        /No rule in pg_hba\.conf .* lets "plain" into "postgres" .* without encryption/,
      )
      expect(error.remedy).toMatch(/sslmode=.*pg_hba\.conf/)
    })
  })

  it('without a role, or with one that may not log in, is told which', async () => {
    await owner.query('create role resting nologin')
    await withRules(['host all resting,nobody_here all trust'], async () => {
      for (const name of ['resting', 'nobody_here']) {
        const error = await refusal(`postgres://${name}@${place}/postgres`)
        expect(error.message).toContain(`has no role "${name}", or one that may not log in`)
        expect(error.remedy).toContain(`CREATE ROLE "${name}" LOGIN`)
      }
    })
  })

  it('with a wrong password, or none, is told so', async () => {
    const url = await role('careful')
    expect((await refusal(url.replace('secret', 'wrong'))).message).toContain(
      'refuses this user and password',
    )
    expect((await refusal(url.replace(':secret', ''))).message).toContain('POSTGRES_URL has none')
  })

  it('but not to this database is told the grant', async () => {
    const url = await role('outside')
    await owner.query('revoke connect on database postgres from public')
    const error = await refusal(url).finally(() =>
      owner.query('grant connect on database postgres to public'),
    )
    expect(error).toMatchObject({
      problem: 'refused-access',
      remedy: 'GRANT CONNECT ON DATABASE "postgres" TO "outside"',
    })
  })
})

describe('how many are let in', () => {
  it('by a limit of the role is told as such, before and after it is reached', async () => {
    const few = await refusal(await role('few', 'connection limit 1'))
    expect(few).toMatchObject({ problem: 'too-small', remedy: expect.stringContaining('ALTER ROLE "few"') })
    const some = await refusal(await role('several', 'connection limit 8'), 20)
    expect(some.message).toContain('the role "several" has room for at most 3')
    expect(some.remedy).toContain('ALTER ROLE "several" CONNECTION LIMIT -1')
  })

  it('by a limit of the database is told as such', async () => {
    const url = await role('guest')
    try {
      await owner.query('alter database postgres connection limit 1')
      expect((await refusal(url)).remedy).toContain('ALTER DATABASE "postgres"')
      await owner.query('alter database postgres connection limit 12')
      const some = await refusal(url, 20)
      expect(some.message).toContain('the database "postgres" has room for at most 7')
    } finally {
      await owner.query('alter database postgres connection limit -1')
    }
  })

  it('by the server is told as such, whatever language it speaks', () => {
    const target = parsePostgresUrl(`postgres://me:secret@${place}/postgres`)
    const said = (routine: string) =>
      connectFailure(target, Object.assign(new Error('zu viele'), { code: '53300', routine })).remedy
    expect(said('InitProcess')).toContain('max_connections')
    expect(said('InitPostgres')).toContain('max_connections')
    expect(said('InitializeSessionUserId')).toContain('ALTER ROLE "me"')
    expect(said('CheckMyDatabase')).toContain('ALTER DATABASE "postgres"')
  })
})

describe('encryption', () => {
  it('that the server does not offer is told as such', async () => {
    const error = await refusal(`${host.connectionString()}?sslmode=require`)
    expect(error).toMatchObject({
      problem: 'misconfigured',
      remedy: expect.stringContaining('sslmode=disable'),
    })
  })

  /** Offers encryption meanwhile, under a certificate of its own making for these names. */
  async function withCertificate(
    names: string,
    during: (certificate: string) => Promise<void>,
  ): Promise<void> {
    const [key, certificate] = [join(dataFolder, 'server.key'), join(dataFolder, 'server.crt')]
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost']
    const named = ['-addext', `subjectAltName=${names}`]
    execFileSync('openssl', [...made, ...named, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
    const { account } = openCacheHome('postgres', cache.env)
    if (account) execFileSync('chown', [`${account.uid}:${account.gid}`, key, certificate])
    execFileSync('chmod', ['600', key])
    await owner.query('alter system set ssl = on')
    await owner.query('select pg_reload_conf()')
    try {
      await until('the server offers encryption', () => offersEncryption(place))
      await during(certificate)
    } finally {
      await owner.query('alter system reset ssl')
      await owner.query('select pg_reload_conf()')
      await until('the server no longer offers it', async () => !(await offersEncryption(place)))
    }
  }

  it('by a certificate of its own making is told as such, and works as the remedy says', async () => {
    await withCertificate('IP:127.0.0.1,DNS:localhost', async (certificate) => {
      const url = `${host.connectionString()}?sslmode=verify-full`
      const error = await refusal(url)
      expect(error).toMatchObject({ problem: 'refused-access' })
      expect(error.message).toContain('not signed by an authority that is trusted here')
      expect(error.remedy).toContain('sslrootcert=')
      for (const remedy of [`${url}&sslrootcert=${certificate}`, url.replace('verify-full', 'no-verify')]) {
        const engine = await openPostgres({
          durability: 'relaxed',
          env: { ...cache.env, POSTGRES_URL: remedy },
        })
        await engine[Symbol.asyncDispose]()
      }
    })
  })

  it('by the name in its certificate is not refused behind a proxy, whose address is another', async () => {
    // Not for the address of the proxy.
    await withCertificate('DNS:localhost', async (certificate) => {
      const url = new URL(host.connectionString())
      url.hostname = 'localhost'
      url.search = `?sslmode=verify-full&sslrootcert=${certificate}`
      await using network = await openNetwork({ latencyMs: 0 })
      await using engine = await openPostgres({
        durability: 'relaxed',
        env: { ...cache.env, POSTGRES_URL: url.href },
      })
      await using space = await engine.openNamespace({
        label: 'behind a proxy',
        poolSize: 1,
        through: async (to) => (await network.proxy(to)).address,
      })
      const { rows } = await space.pool.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()')
      expect(rows).toEqual([{ ssl: true }])
    })
  })
})

function offersEncryption(where: string): Promise<boolean> {
  const { hostname, port } = new URL(`http://${where}`)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])),
    )
    socket.once('data', (answer) => {
      socket.destroy()
      resolve(answer[0] === 0x53)
    })
    socket.once('error', () => resolve(false))
  })
}

describe('a server that takes no writes', () => {
  it('since it is a standby is told as such', async () => {
    const home = openCacheHome('postgres', cache.env)
    const binaries = await runnableBinaries(locatePostgresBinaries(), home)
    const template = await openTemplate(binaries, home)
    const folder = join(home.folder, 'standby')
    const { account } = home
    cpSync(template.dataFolder, folder, { recursive: true })
    chmodSync(folder, 0o700)
    writeFileSync(join(folder, 'standby.signal'), '')
    if (account) execFileSync('chown', ['-R', `${account.uid}:${account.gid}`, folder])
    const port = await freePort()
    const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=']
    const server = spawn(
      join(binaries.folder, 'bin/postgres'),
      ['-D', folder, '-p', String(port), ...settings],
      {
        stdio: 'ignore',
        ...(account && { uid: account.uid, gid: account.gid }),
      },
    )
    const ended = new Promise((resolve) => server.once('exit', resolve))
    try {
      const url = `postgres://holdfast:${template.password}@127.0.0.1:${port}/postgres`
      await until('the standby answers', async () => {
        const client = new pg.Client({ connectionString: url })
        client.on('error', () => undefined)
        const isThere = await client.connect().then(
          () => true,
          () => false,
        )
        await client.end().catch(() => undefined)
        return isThere
      })
      const error = await refusal(url)
      expect(error).toMatchObject({ problem: 'wrong-server', remedy: expect.stringContaining('the primary') })
      expect(error.message).toContain('is a standby')
    } finally {
      server.kill('SIGQUIT')
      await ended
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('is reported as such, whichever program says it', () => {
    const target = parsePostgresUrl(`postgres://me:secret@${place}/postgres`)
    const error = connectFailure(target, Object.assign(new Error('nein'), { code: '25006' }))
    expect(error).toMatchObject({ problem: 'wrong-server', remedy: expect.stringContaining('the primary') })
    const starting = connectFailure(
      target,
      Object.assign(new Error('the database system is starting up'), { code: '57P03' }),
    )
    expect(starting).toMatchObject({ problem: 'unreachable', remedy: expect.stringContaining('wait') })
  })
})

describe.skipIf(pgbouncerProgram() === undefined)('a pooler', () => {
  it.for([
    ['takes no more clients', { max_client_conn: 1 }, /takes no more clients/, /max_client_conn/],
    [
      'lends too few sessions',
      { default_pool_size: 4, query_wait_timeout: 1 },
      /lends fewer sessions/,
      /default_pool_size/,
    ],
  ] as const)('that %s is told as such', async ([, settings, message, remedy]) => {
    await using pooler = await startPgBouncer(host.connectionString(), {
      pool_mode: 'session',
      ignore_startup_parameters: 'options',
      ...settings,
    })
    const error = await refusal(pooler.url, 8)
    expect(error).toMatchObject({
      problem: 'too-small',
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    })
  })

  it('whose server is away is told as such', async () => {
    const port = await freePort()
    await using pooler = await startPgBouncer(`postgres://me:secret@127.0.0.1:${port}/postgres`, {
      pool_mode: 'session',
      server_connect_timeout: 1,
      server_login_retry: 1,
      query_wait_timeout: 2,
    })
    const error = await refusal(pooler.url)
    expect(error.remedy).toMatch(/pooler|pool_size/)
  })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}
