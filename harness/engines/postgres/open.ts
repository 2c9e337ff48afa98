/**
 * The PostgreSQL engine: the server at POSTGRES_URL, or one started for this run.
 *
 *     await using engine = await openPostgres({ durability: 'durable' })
 *     await using space = await engine.openNamespace({ poolSize: 20, label: 'select for update' })
 *     await space.pool.query('create table ...')
 */
import pg from 'pg'
import type { Engine, NamespaceOptions, OpenOptions, StrikableServer } from '../engine.ts'
import { EngineError } from '../engine-error.ts'
import { disposedOnSignal } from '../local/lifetime.ts'
import { newRunId } from '../local/run-folder.ts'
import { throwIfAborted } from '../local/server-process.ts'
import { OpenNamespaces } from '../open-namespaces.ts'
import { ADMIN_SESSION, adminConfig, type Pooling, type PostgresTarget, printableUrl } from './connection.ts'
import { POSTGRES, startEmbeddedPostgres } from './embedded.ts'
import { connectFailure, PRIMARY } from './failures.ts'
import type { MeteredPool } from './metered-pool.ts'
import {
  createNamespace,
  OBSERVER_CONNECTIONS,
  type OpenPostgresNamespace,
  type PostgresNamespace,
  poolFor,
} from './namespace.ts'
import { probeSurroundings } from './pooling.ts'
import { asksToPrepare, whyUnprepared } from './prepared-setting.ts'
import { keepRunRecord, namespaceSchema, sweepStaleSchemas } from './run-record.ts'
import { DURABILITY_NAMES, durabilityLabel, REPORTED_NAMES, type ServerSettings } from './settings.ts'
import { parsePostgresUrl, provePostgresSpeaks } from './url.ts'

export type { Durability } from '../engine.ts'
export { EngineError } from '../engine-error.ts'

export interface PostgresEngine extends Engine {
  readonly name: 'postgres'
  readonly source: 'POSTGRES_URL' | 'embedded' | ContainerSource
  /** Whether a pooler is in front of the server, and for how long it lends a session. */
  readonly pooling: Pooling
  /** Without the password: for printing. */
  readonly url: string
  /** With the password: for a program that connects by itself. Not for printing. */
  connectionString(): string
  /** A separate schema on this server and a pool for it; dropped on dispose. */
  openNamespace(options: NamespaceOptions): Promise<PostgresNamespace>
}

/** Everything except the durability has a default: the environment of this process, and no output. */
export type OpenPostgresOptions = Pick<OpenOptions, 'durability'> &
  Partial<Pick<OpenOptions, 'env' | 'source' | 'sweeps' | 'log' | 'signal'>>

type ContainerSource = NonNullable<OpenOptions['source']>

/** For the engine itself: creating and dropping schemas. */
const ADMIN_CONNECTIONS = 2
const EMBEDDED_CONNECT_DEADLINE_MS = 10_000
const OLDEST_VERSION_NUM = 140_000

export async function openPostgres(options: OpenPostgresOptions): Promise<PostgresEngine> {
  const { env = process.env, log = () => undefined, sweeps = true, signal } = options
  throwIfAborted(POSTGRES, signal)
  const address = env.POSTGRES_URL?.trim()
  const how = { ...options, env, log, sweeps }
  return address ? await openByUrl(address, how) : await openEmbedded(how)
}

type OpenHow = OpenPostgresOptions & Required<Pick<OpenPostgresOptions, 'env' | 'log' | 'sweeps'>>

async function openByUrl(address: string, how: OpenHow): Promise<PostgresEngine> {
  const { durability, source = 'POSTGRES_URL', env, log, sweeps, signal } = how
  const isAsked = asksToPrepare(env)
  const named = parsePostgresUrl(address)
  await provePostgresSpeaks(named, signal)
  const { overridden, ...found } = await probeSurroundings(named).catch((error: unknown) => {
    throw connectFailure(named, error)
  })
  const prepares = isAsked && found.prepares
  const target: PostgresTarget = { ...named, ...found, prepares }
  const runId = newRunId()
  await using undo = new AsyncDisposableStack()
  const admin = undo.adopt(openAdmin(target), endQuietly)
  const settings = await readSettings(admin, target)
  throwIfAborted(POSTGRES, signal)
  await refuseUnusable(admin, target, settings)
  const room = await readRoom(admin)
  const record = undo.use(await keepRunRecord(admin, runId, log))
  if (sweeps) await sweepStaleSchemas(admin, runId, log)
  const engine = assemble({
    source,
    target,
    connectionString: address,
    runId,
    admin,
    settings,
    room,
    storage: undefined,
    lost: record.lost,
    isRecorded: true,
    caveats: [...caveatsOf(target, overridden), ...unprepared(target, isAsked)],
    log,
  })
  if (engine.durability.label !== durability) {
    log(`postgres: ${durability} was requested, but the server at ${source} is ${engine.durability.label}`)
  }
  return disposedOnSignal(finish(engine, undo))
}

async function openEmbedded({ durability, env, log, sweeps, signal }: OpenHow): Promise<PostgresEngine> {
  await using undo = new AsyncDisposableStack()
  const server = undo.use(await startEmbeddedPostgres({ durability, env, log, sweeps, signal }))
  const { host, port, user, database } = server
  const base = {
    host,
    port,
    user,
    database,
    ssl: false,
    options: '',
    connectDeadlineMs: EMBEDDED_CONNECT_DEADLINE_MS,
    pooling: 'direct',
    prepares: asksToPrepare(env),
    versionNum: 0,
  } as const
  const password = await replacePassword({ ...base, password: server.firstPassword })
  const target: PostgresTarget = { ...base, password }
  const admin = undo.adopt(openAdmin(target), endQuietly)
  const settings = await readSettings(admin, target)
  const engine = assemble({
    source: 'embedded',
    target,
    connectionString: printableUrl(target).replace('@', `:${password}@`),
    runId: server.runId,
    admin,
    settings,
    room: await readRoom(admin),
    storage: server.storage,
    lost: new AbortController().signal,
    isRecorded: false,
    caveats: unprepared(target, false),
    ownServers: [server.server],
    log,
  })
  if (engine.durability.label !== durability) {
    throw new EngineError({
      engine: 'postgres',
      problem: 'start-failed',
      message: `The PostgreSQL server was started ${durability}, but calls itself ${engine.durability.label}.`,
      remedy: 'export POSTGRES_URL=postgres://user:password@host:5432/database',
    })
  }
  return finish(engine, undo)
}

function caveatsOf({ pooling }: PostgresTarget, overridden: readonly string[]): readonly string[] {
  return [
    ...(overridden.length === 0 ? [] : [`every session of this run sets ${overridden.join(', ')}`]),
    ...(pooling === 'direct' ? [] : ['a pooler stands before it, whose own limits are not seen from here']),
  ]
}

function unprepared({ prepares }: PostgresTarget, isAsked: boolean): readonly string[] {
  const why = whyUnprepared({ prepares, isAsked })
  return why === undefined ? [] : [why]
}

type OpenEngine = Omit<PostgresEngine, typeof Symbol.asyncDispose> & { closeNamespaces(): Promise<void> }

/** Transfers what was opened: from now on the engine's disposal closes it, in reverse order. */
function finish(engine: OpenEngine, undo: AsyncDisposableStack): PostgresEngine {
  const { closeNamespaces, ...face } = engine
  undo.defer(closeNamespaces)
  const owned = undo.move()
  return { ...face, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

function assemble(parts: {
  readonly source: PostgresEngine['source']
  readonly target: PostgresTarget
  readonly connectionString: string
  readonly runId: string
  readonly admin: pg.Pool
  readonly settings: ServerSettings
  readonly room: Room
  readonly storage: string | undefined
  readonly lost: AbortSignal
  readonly isRecorded: boolean
  readonly caveats: readonly string[]
  /** Absent for a server that this run did not start. */
  readonly ownServers?: readonly StrikableServer[]
  readonly log: (line: string) => void
}): OpenEngine {
  const { source, target, runId, admin, settings, storage, lost, isRecorded, log } = parts
  const durabilitySettings = pick(settings, DURABILITY_NAMES)
  const label = durabilityLabel(settings)
  const version = `PostgreSQL ${settings.server_version ?? 'of unknown version'}`
  const url = printableUrl(target)
  const namespaces = new OpenNamespaces<OpenPostgresNamespace>(source === 'embedded')
  let count = 0
  return {
    name: 'postgres',
    version,
    source,
    url,
    pooling: target.pooling,
    lost,
    durability: { label, settings: durabilitySettings, storage },
    settings: {
      ...pick(settings, REPORTED_NAMES),
      prepared_statements: target.prepares ? 'on' : 'off',
    },
    caveats: parts.caveats,
    ...(parts.ownServers && { ownServers: parts.ownServers }),
    connectionString: () => parts.connectionString,
    refusal({ sessionState }) {
      if (!sessionState || target.pooling !== 'transaction') return undefined
      const why = `it keeps something in its session (a lock, a temporary table), and the pooler at ${url} lends a session for one transaction only`
      return { why, remedy: 'name the server itself in POSTGRES_URL, without a pooler before it' }
    },
    describe() {
      const said = Object.entries(durabilitySettings)
        .filter(([, value]) => value !== '')
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')
      const place = storage === undefined ? '' : ` on ${storage}`
      const pooler = target.pooling === 'direct' ? '' : ` behind a pooler (${target.pooling} mode)`
      return `${version} (${source}) at ${url}${pooler}, ${label}${place}: ${said}`
    },
    async openNamespace({ poolSize, label: purpose, through }) {
      refuseTooLarge(poolSize, parts.room)
      count += 1
      const created = await createNamespace({
        target,
        admin,
        schema: namespaceSchema(runId, count),
        runId,
        label: purpose,
        isRecorded,
        connectionString: parts.connectionString,
        poolSize,
        through,
        log,
      }).catch((error: unknown) => {
        throw connectFailure(target, error)
      })
      return namespaces.add(created)
    },
    closeNamespaces: () => namespaces[Symbol.asyncDispose](),
  }
}

function openAdmin(target: PostgresTarget): MeteredPool {
  const limits = { connectionTimeoutMillis: target.connectDeadlineMs }
  return poolFor(target, ADMIN_SESSION, ADMIN_CONNECTIONS, limits)
}

async function endQuietly(pool: MeteredPool): Promise<void> {
  await pool.endOrCut()
}

/** So that no two runs share a password, although their data folders are copies of one template. */
async function replacePassword(target: PostgresTarget): Promise<string> {
  const password = newRunId() + newRunId() + newRunId() + newRunId()
  const client = new pg.Client(adminConfig(target))
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(
      `alter role ${pg.escapeIdentifier(target.user)} password ${pg.escapeLiteral(password)}`,
    )
  } catch (error) {
    throw connectFailure(target, error)
  } finally {
    await client.end().catch(() => undefined)
  }
  return password
}

async function readSettings(admin: pg.Pool, target: PostgresTarget): Promise<ServerSettings> {
  try {
    const { rows } = await admin.query<{ name: string; value: string | null }>(
      'select name, current_setting(name, true) as value from unnest($1::text[]) as name',
      [[...DURABILITY_NAMES, ...REPORTED_NAMES]],
    )
    return Object.fromEntries(rows.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])))
  } catch (error) {
    throw connectFailure(target, error)
  }
}

async function refuseUnusable(
  admin: pg.Pool,
  target: PostgresTarget,
  settings: ServerSettings,
): Promise<void> {
  const shown = printableUrl(target)
  const versionNum = Number(settings.server_version_num)
  if (!(versionNum >= OLDEST_VERSION_NUM)) {
    throw new EngineError({
      engine: 'postgres',
      problem: 'wrong-server',
      message: `The server at ${shown} is version ${settings.server_version ?? 'unknown'}; PostgreSQL 14 or newer is needed.`,
      remedy: 'unset POSTGRES_URL to use the PostgreSQL that comes with this program',
    })
  }
  const { rows } = await admin.query<{
    allowed: boolean
    role: string
    is_standby: boolean
    is_read_only: boolean
  }>(
    `select has_database_privilege(current_database(), 'CREATE') as allowed, current_user as role,
       pg_is_in_recovery() as is_standby, current_setting('transaction_read_only')::boolean as is_read_only`,
  )
  const [answer] = rows
  if (answer?.is_standby || answer?.is_read_only) {
    throw new EngineError({
      engine: 'postgres',
      problem: 'wrong-server',
      message: answer.is_standby
        ? `The server at ${shown} is a standby, which takes no writes.`
        : `The server at ${shown} lets no session write.`,
      remedy: PRIMARY,
    })
  }
  if (answer?.allowed !== true) {
    const role = answer?.role ?? target.user
    throw new EngineError({
      engine: 'postgres',
      problem: 'refused-access',
      message: `The role "${role}" may not create schemas in the database "${target.database}" (${shown}).`,
      remedy: `GRANT CREATE ON DATABASE ${pg.escapeIdentifier(target.database)} TO ${pg.escapeIdentifier(role)}`,
    })
  }
}

/** A limit on connections, and how to raise it; the smallest limit counts. */
interface Room {
  readonly connections: number
  readonly of: string
  readonly remedy: string
}

/** Superusers are bound by the server's limit alone. */
async function readRoom(admin: pg.Pool): Promise<Room> {
  const { rows } = await admin.query<{
    role: string
    database: string
    is_super: boolean
    of_role: number
    of_database: number
    of_server: number
  }>(
    `select r.rolname as role, d.datname as database, r.rolsuper as is_super,
       r.rolconnlimit as of_role, d.datconnlimit as of_database,
       current_setting('max_connections')::integer
         - current_setting('superuser_reserved_connections')::integer as of_server
     from pg_roles r, pg_database d where r.rolname = session_user and d.datname = current_database()`,
  )
  const [found] = rows
  if (found === undefined) return { connections: Number.POSITIVE_INFINITY, of: 'the server', remedy: '' }
  const { role, database, is_super, of_role, of_database, of_server } = found
  const limited = (limit: number): number => (limit < 0 || is_super ? Number.POSITIVE_INFINITY : limit)
  const all: readonly Room[] = [
    { connections: of_server, of: 'this PostgreSQL server', remedy: 'raise max_connections' },
    {
      connections: limited(of_role),
      of: `the role "${role}"`,
      remedy: `ALTER ROLE ${pg.escapeIdentifier(role)} CONNECTION LIMIT -1`,
    },
    {
      connections: limited(of_database),
      of: `the database "${database}"`,
      remedy: `ALTER DATABASE ${pg.escapeIdentifier(database)} CONNECTION LIMIT -1`,
    },
  ]
  return all.reduce((least, each) => (each.connections < least.connections ? each : least))
}

function refuseTooLarge(poolSize: number, { connections, of, remedy }: Room): void {
  if (!Number.isInteger(poolSize) || poolSize < 1)
    throw new RangeError(`poolSize must be a whole number above 0`)
  const most = connections - ADMIN_CONNECTIONS - OBSERVER_CONNECTIONS - 1
  if (poolSize <= most) return
  throw new EngineError({
    engine: 'postgres',
    problem: 'too-small',
    message: `A pool of ${poolSize} connections was requested, but ${of} has room for at most ${Math.max(0, most)}.`,
    remedy: most < 1 ? remedy : `use a pool of ${most} or fewer, or ${remedy}`,
  })
}

function pick(settings: ServerSettings, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = settings[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
