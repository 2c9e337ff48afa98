/** A cluster of Redis or Valkey, once its servers are open. */
import type { Engine } from '../../engine.ts'
import { OpenNamespaces } from '../../open-namespaces.ts'
import { printableUrl, type RedisTarget } from '../connection.ts'
import type { RedisEngine } from '../engine.ts'
import { namespacePrefix } from '../run-record.ts'
import type { OwnServer } from '../server.ts'
import { caveatsOf, commonDurability, commonSettings, type RedisServer } from '../server-facts.ts'
import { DURABILITY_NAMES, productOf, REPORTED_NAMES } from '../settings.ts'
import { createClusterNamespace, type OpenClusterNamespace } from './namespace.ts'
import type { ClusterNodes } from './nodes.ts'
import { named } from './slots.ts'

export interface ClusterEngine extends Engine {
  readonly name: 'redis'
  /** For printing: without the password. */
  readonly url: string
  /** With the password: for a program that connects by itself. Not for printing. */
  connectionString(): string
  /** Masters first, then their replicas in the same order; none if this run did not start them. */
  readonly cluster: readonly OwnServer[]
}

const LABEL_CHARACTERS_MAX = 40

/** Takes over what is in `undo`: the engine's disposal closes it, after the namespaces. */
export function clusterEngineOf(
  parts: {
    readonly source: RedisEngine['source']
    /** The masters, in the order of their slots. */
    readonly servers: readonly RedisServer[]
    readonly admins: ClusterNodes
    readonly seeds: readonly RedisTarget[]
    readonly runId: string
    readonly lost: AbortSignal
    /** Absent for servers that this run did not start. */
    readonly own?: { readonly servers: readonly OwnServer[]; readonly storage: string }
    readonly log: (line: string) => void
  },
  undo: AsyncDisposableStack,
): ClusterEngine {
  const { source, servers, admins, seeds, runId, lost, own, log } = parts
  const replicas = new Set(admins.replicas.map(named)).size
  const shape = `${counted(servers.length, 'master')}, ${counted(replicas, 'replica')}`
  const label = commonDurability(servers)
  const settings = commonSettings(servers, DURABILITY_NAMES)
  const storage = own?.storage
  const version = [...new Set(servers.map(({ facts }) => productOf(facts)))].join(' and ')
  const urls = servers.map(({ target }) => printableUrl(target))
  const namespaces = undo.use(new OpenNamespaces<OpenClusterNamespace>(own !== undefined))
  const owned = undo.move()
  let count = 0
  return {
    name: 'redis',
    version,
    source,
    lost,
    url: urlOf(seeds, undefined),
    connectionString: () => urlOf(seeds, seeds[0]?.password),
    cluster: own?.servers ?? [],
    dividesEvents: { remedy: own ? 'unset HOLDFAST_REDIS' : 'name a single server in REDIS_URL' },
    // Said of every cluster with replicas, also of one of this run: it is what a failover costs.
    caveats: [
      ...new Set([
        ...(own ? [] : caveatsOf(servers)),
        ...(replicas > 0
          ? ['it has replicas, and one that takes over may lack what was acknowledged last']
          : []),
      ]),
    ],
    durability: { label, settings, storage },
    settings: {
      cluster: shape,
      ...commonSettings(servers, ['mem_allocator', 'cluster-node-timeout', ...REPORTED_NAMES]),
    },
    refusal({ servers: wanted, reliesOn }) {
      if (wanted > 1) {
        return {
          why: `it needs ${wanted} independent Redis servers, and those of a cluster are one server for each key`,
          remedy: 'unset HOLDFAST_REDIS and REDIS_URL, or name independent servers in REDIS_URLS',
        }
      }
      const unknown = reliesOn.filter((name) => servers.some((each) => !each.known.includes(name)))
      if (unknown.length === 0) return undefined
      return {
        why: `it needs the command ${unknown.join(' and ')}, which ${version} does not know`,
        remedy: 'run the cluster on Valkey 9 or Redis 8, or newer',
      }
    },
    describe() {
      const said = Object.entries(settings).map(([name, value]) => `${name}=${value === '' ? '""' : value}`)
      const place = storage === undefined ? '' : ` on ${storage}`
      return `${version} (${source}) cluster of ${shape}, masters at ${urls.join(', ')}, durability ${label}${place}: ${said.join(' ')}`
    },
    async openNamespace({ label: purpose, through }) {
      count += 1
      const words = purpose.replace(/[^\w.-]+/g, '-').slice(0, LABEL_CHARACTERS_MAX)
      return namespaces.add(
        await createClusterNamespace({
          seeds,
          admins,
          prefix: namespacePrefix(runId, count),
          name: `holdfast-${runId}-${count}-${words}`,
          isOwn: own !== undefined,
          through,
          log,
        }),
      )
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function urlOf(seeds: readonly RedisTarget[], password: string | undefined): string {
  const [first] = seeds
  if (first === undefined) return ''
  const user = encodeURIComponent(first.username ?? '')
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`
  const account = user === '' && secret === '' ? '' : `${user}${secret}@`
  const hosts = seeds.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
  return `${first.tls ? 'rediss' : 'redis'}+cluster://${account}${hosts.join(',')}`
}
