/**
 * Goal: on somebody's server only what is ours is touched, and whatever is wrong with an address is one clear sentence.
 * Method: a server of our own plays the foreign one; sockets that speak something else, or nothing, play the rest.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inspectEngines } from '../../harness/engines/inspect.ts'
import { OwnershipLostError, thisOwner } from '../../harness/engines/ownership.ts'
import { EngineError, openPostgres, type PostgresEngine } from '../../harness/engines/postgres/open.ts'
import { createSchema, keepRunRecord } from '../../harness/engines/postgres/run-record.ts'
import { FULL } from '../size.ts'
import { runFolders, startProgram, temporaryCache, until } from './harness.ts'

const SECRET = 'hunter2-and-more'
const cache = temporaryCache()
let host: PostgresEngine
let owner: pg.Client
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  host = await openPostgres({ durability: 'durable', env: cache.env })
  env = { ...cache.env, POSTGRES_URL: host.connectionString() }
  owner = new pg.Client({ connectionString: host.connectionString() })
  await owner.connect()
})
afterAll(async () => {
  await owner.end()
  await host[Symbol.asyncDispose]()
  cache.remove()
})

async function schemas(): Promise<string[]> {
  const { rows } = await owner.query<{ nspname: string }>(
    `select nspname from pg_namespace where nspname like 'holdfast%' order by 1`,
  )
  return rows.map((row) => row.nspname)
}

describe('a server at POSTGRES_URL', () => {
  it('is used instead of a server of our own, and told as what it is', async () => {
    const foldersBefore = runFolders(cache).length
    await using engine = await openPostgres({ durability: 'durable', env })
    expect(engine.source).toBe('POSTGRES_URL')
    expect(engine.url).toBe(host.url)
    expect(engine.durability).toMatchObject({
      label: 'durable',
      settings: { fsync: 'on' },
      storage: undefined,
    })
    expect(engine.connectionString()).toBe(env.POSTGRES_URL)
    expect(runFolders(cache).length).toBe(foldersBefore)
    await using space = await engine.openNamespace({ poolSize: 2, label: 'by url' })
    expect((await space.pool.query('show search_path')).rows).toEqual([{ search_path: space.schema }])
  })

  it('keeps what the address itself asks of a session, and reports it', FULL, async () => {
    const asked = `${env.POSTGRES_URL}?options=-c%20synchronous_commit%3Doff`
    const lines: string[] = []
    await using engine = await openPostgres({
      durability: 'durable',
      env: { ...env, POSTGRES_URL: asked },
      log: (line) => lines.push(line),
    })
    expect(engine.durability).toMatchObject({ label: 'relaxed', settings: { synchronous_commit: 'off' } })
    expect(lines.join()).toContain('durable was requested')
    await using space = await engine.openNamespace({ poolSize: 1, label: 'options' })
    expect((await space.pool.query('show search_path')).rows).toEqual([{ search_path: space.schema }])
  })

  const openAndClose = async () => {
    await (await openPostgres({ durability: 'durable', env }))[Symbol.asyncDispose]()
  }
  const recordOf = (schema: string) => schema.replace(/_\d+$/, '_0')

  it('loses the schemas of a killed run, and nothing else', FULL, async () => {
    // Like ours in name but without the mark, and like nothing of ours.
    const foreign = ['holdfast_0123456789ab_1', 'holdfast_notes']
    for (const name of foreign) await owner.query(`create schema ${name}`)
    await owner.query(`comment on schema holdfast_notes is 'holdfast run 0123456789ab: mine'`)
    await using living = await openPostgres({ durability: 'durable', env })
    await using space = await living.openNamespace({ poolSize: 1, label: 'living' })
    const program = await startProgram(env)
    const ours = [space.schema, recordOf(space.schema)]
    expect(await schemas()).toEqual(
      [...foreign, ...ours, program.schema, recordOf(program.schema)].toSorted(),
    )
    program.signal('SIGKILL')
    await program.ended()
    // An inspection drops nothing.
    await inspectEngines(env)
    expect(await schemas()).toContain(program.schema)
    // Sessions of the killed run may still hold its tables for a moment.
    await until('the stale schema is dropped', async () => {
      await openAndClose()
      return !(await schemas()).includes(program.schema)
    })
    expect(await schemas()).toEqual([...foreign, ...ours].toSorted())
    await space.pool.query('select 1')
    for (const name of foreign) await owner.query(`drop schema ${name}`)
  })

  it('keeps a living run whose sessions were all ended', async () => {
    await using living = await openPostgres({ durability: 'durable', env })
    await using space = await living.openNamespace({ poolSize: 2, label: 'living' })
    await space.pool.query('create table booking (id int)')
    await owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where pid <> pg_backend_pid() and application_name like 'holdfast%'`,
    )
    await openAndClose()
    await inspectEngines(env)
    await space.pool.query('insert into booking values (1)').catch(() => undefined)
    await until('it sells again', () =>
      space.pool.query('insert into booking values (2)').then(
        () => true,
        () => false,
      ),
    )
    expect(living.lost.aborted).toBe(false)
  })

  /** A record as another run writes it, of an owner and a heartbeat of the test's choice. */
  async function planted(
    runId: string,
    of: { readonly machine?: string; readonly boot?: string; readonly pid?: number; readonly silent: string },
  ): Promise<void> {
    const { pid, started, machine, boot } = { ...thisOwner(), started: 'never', ...of }
    for (const count of [0, 1]) {
      await owner.query(`create schema holdfast_${runId}_${count}`)
      await owner.query(`comment on schema holdfast_${runId}_${count} is 'holdfast run ${runId}: planted'`)
    }
    await owner.query(
      `create table holdfast_${runId}_0.run (pid text, started text, machine text, boot text, beat_at timestamptz)`,
    )
    await owner.query(
      `insert into holdfast_${runId}_0.run values ($1, $2, $3, $4, clock_timestamp() - $5::interval)`,
      [String(pid), started, machine, boot, of.silent],
    )
  }

  it.for([
    ['was here a moment ago on this host, but is gone', {}, '1 s', true],
    ['is on another host, and was heard of nine minutes ago', { machine: 'other' }, '9 min', false],
    ['is on another host, and was heard of eleven minutes ago', { machine: 'other' }, '11 min', true],
    ['is on a host of the same name, which started at another time', { boot: 'other' }, '9 min', false],
  ] as const)('of a run whose owner %s', async ([, of, silent, isDropped]) => {
    const runId = 'feedfeedfeed'
    await planted(runId, { ...of, silent })
    await openAndClose()
    const left = (await schemas()).filter((each) => each.includes(runId))
    expect(left).toEqual(isDropped ? [] : [`holdfast_${runId}_0`, `holdfast_${runId}_1`])
    for (const each of left) await owner.query(`drop schema ${each} cascade`)
  })

  it('keeps what nobody says whose it is, and tells of it', async () => {
    await owner.query(`create schema holdfast_feedfeedfeed_1`)
    await owner.query(`comment on schema holdfast_feedfeedfeed_1 is 'holdfast run feedfeedfeed: old'`)
    const lines: string[] = []
    const engine = await openPostgres({ durability: 'durable', env, log: (line) => lines.push(line) })
    await engine[Symbol.asyncDispose]()
    expect(await schemas()).toEqual(['holdfast_feedfeedfeed_1'])
    expect(lines.join()).toContain('holdfast_feedfeedfeed_1')
    await owner.query('drop schema holdfast_feedfeedfeed_1')
  })

  it('tells a run that has lost its record, and lets it make nothing more', async () => {
    const pool = new pg.Pool({ connectionString: env.POSTGRES_URL, max: 2 })
    const runId = 'beefbeefbeef'
    const record = await keepRunRecord(pool, runId, () => undefined, 10)
    const of = { schema: `holdfast_${runId}_1`, runId, label: 'late', isRecorded: true }
    await createSchema(pool, of)
    await owner.query(`drop schema holdfast_${runId}_0 cascade`)
    await until('it is told', () => record.lost.aborted)
    expect(record.lost.reason).toBeInstanceOf(OwnershipLostError)
    await expect(createSchema(pool, { ...of, schema: `holdfast_${runId}_2` })).rejects.toThrow()
    await record[Symbol.asyncDispose]()
    // What it had made is no longer its own to drop.
    expect(await schemas()).toEqual([`holdfast_${runId}_1`])
    await owner.query(`drop schema holdfast_${runId}_1 cascade`)
    await pool.end()
  })

  it('loses schemas that were committed after their maker had given up', async () => {
    const engine = await openPostgres({ durability: 'durable', env })
    await using space = await engine.openNamespace({ poolSize: 1, label: 'first' })
    const late = space.schema.replace(/_1$/, '_99')
    await owner.query(`create schema ${late}`)
    await owner.query(`comment on schema ${late} is 'holdfast run ${late.split('_')[1]}: late'`)
    await engine[Symbol.asyncDispose]()
    expect(await schemas()).toEqual([])
  })

  it('is left clean by a program that is interrupted', FULL, async () => {
    const program = await startProgram(env)
    program.signal('SIGTERM')
    expect(await program.ended()).toEqual({ exitCode: null, signal: 'SIGTERM' })
    await until('its schema is gone', async () => (await schemas()).length === 0)
  })
})

describe('an address that cannot be used', () => {
  const servers: Server[] = []
  afterAll(() => {
    for (const server of servers) server.close()
  })
  async function listening(answer: (socket: Socket) => void): Promise<number> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      answer(socket)
    })
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address: AddressInfo | string | null = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  async function refusal(address: string): Promise<EngineError> {
    const error: unknown = await openPostgres({
      durability: 'durable',
      env: { ...cache.env, POSTGRES_URL: address },
    }).then(
      async (engine) => {
        await engine[Symbol.asyncDispose]()
        return undefined
      },
      (thrown: unknown) => thrown,
    )
    if (!(error instanceof EngineError)) throw new Error(`no refusal, but: ${String(error)}`)
    // One sentence, one remedy, no secret, wherever it is printed.
    expect(error.message).toMatch(/^[^\n]+\.$/)
    expect(error.remedy).not.toBe('')
    expect(`${error.message} ${error.remedy} ${error.stack} ${JSON.stringify(error)}`).not.toContain(SECRET)
    return error
  }

  const at = (port: number, query = '') => `postgres://me:${SECRET}@127.0.0.1:${port}/postgres${query}`

  it.for([
    ['is no URL', `me:${SECRET}@somewhere`, /does not begin with postgres/],
    ['is of another kind', `http://me:${SECRET}@127.0.0.1/`, /does not begin with postgres/],
    ['is broken off', `postgres://me:${SECRET}@:70000000/x`, /well-formed|port/],
    ['names a certificate that is missing', `postgres://me:${SECRET}@h/x?sslrootcert=/none.pem`, /none\.pem/],
  ] as const)('because it %s is called misconfigured', async ([, address, why]) => {
    const error = await refusal(address)
    expect(error.problem).toBe('misconfigured')
    expect(error.message).toMatch(why)
  })

  it('because nobody listens there is called unreachable', async () => {
    const port = await listening(() => undefined)
    const server = servers.pop()
    server?.close()
    await once(server ?? createServer(), 'close')
    expect(await refusal(at(port))).toMatchObject({ problem: 'unreachable' })
  })

  it('because its host is unknown is called unreachable', FULL, async () => {
    expect(await refusal(`postgres://me:${SECRET}@no-such-host.invalid/x?connect_timeout=2`)).toMatchObject({
      problem: 'unreachable',
    })
  })

  it('because what answers speaks something else is called the wrong server', async () => {
    const port = await listening((socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    expect(await refusal(at(port))).toMatchObject({ problem: 'wrong-server' })
  })

  it('because what listens hangs up is called the wrong server', FULL, async () => {
    const port = await listening((socket) => socket.end())
    expect(await refusal(at(port))).toMatchObject({ problem: 'wrong-server' })
  })

  it('because what listens never answers is refused at its deadline', FULL, async () => {
    const port = await listening(() => undefined)
    expect(await refusal(at(port, '?connect_timeout=1'))).toMatchObject({ problem: 'wrong-server' })
  })

  it('because what answered first then says nothing is refused at its deadline', FULL, async () => {
    const port = await listening((socket) => socket.once('data', () => socket.write('N')))
    expect(await refusal(at(port, '?connect_timeout=1'))).toMatchObject({ problem: 'unreachable' })
  })

  it('because password or database are wrong names which', async () => {
    const { port } = new URL(host.url)
    const wrongPassword = await refusal(`postgres://holdfast:${SECRET}@127.0.0.1:${port}/postgres`)
    expect(wrongPassword).toMatchObject({ problem: 'refused-access' })
    const wrongDatabase = await refusal(host.connectionString().replace(/\/postgres$/, '/nowhere'))
    expect(wrongDatabase).toMatchObject({ problem: 'misconfigured' })
    expect(wrongDatabase.message).toContain('nowhere')
  })

  it('because its role may not create schemas names the grant that is missing', FULL, async () => {
    await owner.query(`create role weak login password '${SECRET}'`)
    const { port } = new URL(host.url)
    const error = await refusal(`postgres://weak:${SECRET}@127.0.0.1:${port}/postgres`)
    expect(error).toMatchObject({
      problem: 'refused-access',
      remedy: 'GRANT CREATE ON DATABASE "postgres" TO "weak"',
    })
  })
})

describe('the inspection of engines', () => {
  it('calls PostgreSQL ready after really using it', FULL, async () => {
    const [report] = await inspectEngines(cache.env)
    expect(report).toMatchObject({
      state: 'ready',
      engine: 'postgres',
      source: 'embedded',
      durability: 'durable',
    })
  })

  it(
    'calls it not proven, with the reason and the remedy, when the address given does not work',
    FULL,
    async () => {
      const [report] = await inspectEngines({ ...cache.env, POSTGRES_URL: 'nonsense' })
      expect(report).toMatchObject({
        state: 'not proven',
        engine: 'postgres',
        remedy: expect.stringContaining('POSTGRES_URL'),
      })
    },
  )
})
