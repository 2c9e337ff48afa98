/**
 * The PostgreSQL engine: the server at POSTGRES_URL, or one started for this run.
 *
 *     await using engine = await openPostgres({ durability: 'durable' })
 *     await using space = await engine.openNamespace({ poolSize: 20, label: 'select for update' })
 *     await space.pool.query('create table ...')
 */
import pg from 'pg'
import type { Address } from '../../network/conditions.ts'
import { caveatsOfProbe, type ProbeFindings, whyLacking } from '../ability.ts'
import type { Engine, Follower, NamespaceOptions, OpenOptions, StrikableServer } from '../engine.ts'
import { EngineError } from '../engine-error.ts'
import { disposedOnSignal } from '../local/lifetime.ts'
import { newRunId } from '../local/run-folder.ts'
import { throwIfAborted } from '../local/server-process.ts'
import { OpenNamespaces } from '../open-namespaces.ts'
import { ADMIN_SESSION, adminConfig, type Pooling, type PostgresTarget, printableUrl } from './connection.ts'
import {
  ADMIN_CONNECTIONS,
  type ConnectionLimit,
  readConnectionLimit,
  refuseTooLarge,
} from './connection-limit.ts'
import { POSTGRES, startEmbeddedPostgres } from './embedded.ts'
import { connectFailure } from './failures.ts'
import { writableHost } from './hosts.ts'
import { keepNamespace } from './kept.ts'
import type { MeteredPool } from './metered-pool.ts'
import { createNamespace, type OpenPostgresNamespace, type PostgresNamespace, poolFor } from './namespace.ts'
import { commitsAs, standbyIn, withStandby } from './own-standby.ts'
import { probeSurroundings } from './pooling.ts'
import { asksToPrepare, whyUnprepared } from './prepared-setting.ts'
import { probeServer } from './probe/probe.ts'
import { caveatsOfProduct, readProduct } from './product.ts'
import { keepRunRecord, namespaceSchema, sweepStaleSchemas } from './run-record.ts'
import { SESSION_SETTING_NAMES } from './session.ts'
import { DURABILITY_NAMES, durabilityLabel, REPORTED_NAMES, type ServerSettings } from './settings.ts'
import { strikable } from './strikable.ts'
import { parsePostgresUrl, provePostgresSpeaks } from './url.ts'
import { readSettings, refuseUnusable } from './usable.ts'

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
  /** Where a standby of this run listens, with the same account; absent without one. */
  readonly standby?: Address
  /** A separate schema on this server and a pool for it; dropped on dispose. */
  openNamespace(options: NamespaceOptions): Promise<PostgresNamespace>
}

/** Everything except the durability has a default: the environment of this process, and no output. */
export type OpenPostgresOptions = Pick<OpenOptions, 'durability'> &
  Partial<Pick<OpenOptions, 'env' | 'source' | 'sweeps' | 'log' | 'signal'>>

type ContainerSource = NonNullable<OpenOptions['source']>

const EMBEDDED_CONNECT_DEADLINE_MS = 10_000

export async function openPostgres(options: OpenPostgresOptions): Promise<PostgresEngine> {
  const { env = process.env, log = () => undefined, sweeps = true, signal } = options
  throwIfAborted(POSTGRES, signal)
  // Refused also where it would not be looked at.
  standbyIn(env)
  const address = env.POSTGRES_URL?.trim()
  const how = { ...options, env, log, sweeps }
  return address ? await openByUrl(address, how) : await openEmbedded(how)
}

type OpenHow = OpenPostgresOptions & Required<Pick<OpenPostgresOptions, 'env' | 'log' | 'sweeps'>>

async function openByUrl(text: string, how: OpenHow): Promise<PostgresEngine> {
  const { durability, source = 'POSTGRES_URL', env, log, sweeps, signal } = how
  const isAsked = asksToPrepare(env)
  // With one host, whichever way it was named: every connection of the run leads there.
  const address = await writableHost(text, { log, signal })
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
  const product = await readProduct(admin)
  await refuseUnusable(admin, target, { settings, product })
  const limit = await readConnectionLimit(admin)
  const record = undo.use(await keepRunRecord(admin, runId, log))
  if (sweeps) await sweepStaleSchemas(admin, runId, log)
  const probing = { target, admin, runId, isRecorded: true, limit, overridden, log, signal }
  // Containers of this run are servers of our own.
  const probed = source === 'POSTGRES_URL' ? await probeServer(probing) : undefined
  throwIfAborted(POSTGRES, signal)
  const engine = assemble({
    source,
    target,
    connectionString: address,
    runId,
    admin,
    version: product.isPostgres ? versionIn(settings) : product.name,
    settings,
    limit,
    storage: undefined,
    lost: record.lost,
    isRecorded: true,
    caveats: [
      ...caveatsOfProduct(product),
      ...caveatsOf(target, overridden),
      ...unprepared(target, isAsked),
      ...(probed === undefined ? [] : caveatsOfProbe(probed)),
    ],
    probed,
    overridden,
    log,
  })
  if (engine.durability.label !== durability) {
    log(`postgres: ${durability} was requested, but the server at ${source} is ${engine.durability.label}`)
  }
  return disposedOnSignal(finish(engine, undo))
}

async function openEmbedded({ durability, env, log, sweeps, signal }: OpenHow): Promise<PostgresEngine> {
  const kind = standbyIn(env)
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
    sets: SESSION_SETTING_NAMES,
  } as const
  const password = await replacePassword({ ...base, password: server.firstPassword })
  const target: PostgresTarget = { ...base, password }
  if (kind !== undefined) await commitsAs(kind, target)
  const admin = undo.adopt(openAdmin(target), endQuietly)
  const own = strikable(server, { admin, target, env })
  const standby = kind && undo.use(await withStandby(kind, own, target, log))
  const settings = await readSettings(admin, target)
  const engine = assemble({
    source: 'embedded',
    target,
    connectionString: printableUrl(target).replace('@', `:${password}@`),
    runId: server.runId,
    admin,
    version: versionIn(settings),
    settings,
    limit: await readConnectionLimit(admin),
    storage: server.storage,
    lost: new AbortController().signal,
    isRecorded: false,
    caveats: unprepared(target, false),
    probed: undefined,
    overridden: [],
    ownServers: [own],
    ...(standby && { standby }),
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

function versionIn(settings: ServerSettings): string {
  return `PostgreSQL ${settings.server_version ?? 'of unknown version'}`
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
  readonly version: string
  readonly settings: ServerSettings
  readonly limit: ConnectionLimit
  readonly storage: string | undefined
  readonly lost: AbortSignal
  readonly isRecorded: boolean
  readonly caveats: readonly string[]
  /** Undefined for a server of the run: it is probed when somebody asks. */
  readonly probed: ProbeFindings | undefined
  readonly overridden: readonly string[]
  /** Absent for a server that this run did not start. */
  readonly ownServers?: readonly StrikableServer[]
  readonly standby?: Follower
  readonly log: (line: string) => void
}): OpenEngine {
  const { source, target, runId, admin, version, settings, storage, lost, isRecorded, log } = parts
  const durabilitySettings = pick(settings, DURABILITY_NAMES)
  const label = durabilityLabel(settings)
  const url = printableUrl(target)
  const namespaces = new OpenNamespaces<OpenPostgresNamespace>(source === 'embedded')
  let count = 0
  let probe = parts.probed === undefined ? undefined : Promise.resolve(parts.probed)
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
    ...(parts.standby && { standby: parts.standby.address }),
    connectionString: () => parts.connectionString,
    probe() {
      probe ??= probeServer(parts)
      return probe
    },
    refusal({ sessionState, reliesOn }) {
      const lacking = whyLacking(parts.probed, reliesOn, ANOTHER_SERVER)
      if (lacking !== undefined) return lacking
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
      refuseTooLarge(poolSize, parts.limit)
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
    ...(isRecorded && {
      keep: (name: string) => keepNamespace(name, { admin, attachment: attachmentOf(parts) }),
    }),
    closeNamespaces: () => namespaces[Symbol.asyncDispose](),
  }
}

function attachmentOf({
  target: { pooling, prepares, sets },
  connectionString: url,
}: Pick<Parameters<typeof assemble>[0], 'target' | 'connectionString'>) {
  return { url, pooling, prepares, sets, proxy: undefined }
}

const ANOTHER_SERVER =
  'holdfast doctor --probe shows all that was tried; name a server that has it in POSTGRES_URL, or unset it'

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

function pick(settings: ServerSettings, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = settings[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
