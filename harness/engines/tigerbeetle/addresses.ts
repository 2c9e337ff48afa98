/** An existing cluster, given by TIGERBEETLE_ADDRESSES. Every failure is reported in one sentence. */
import { isIP } from 'node:net'
import { EngineError, type EngineProblem } from '../engine-error.ts'
import { throwIfAborted } from '../local/server-process.ts'
import { accepts, TIGERBEETLE } from './server.ts'

export interface ClusterAddresses {
  readonly clusterId: bigint
  /** In the order of the replicas, as the client library requires. */
  readonly addresses: readonly string[]
}

interface Address {
  readonly host: string
  readonly port: number
}

const EXAMPLE = 'export TIGERBEETLE_ADDRESSES=10.0.0.1:3000,10.0.0.2:3000,10.0.0.3:3000'
const DEFAULT_PORT = 3001
const DEFAULT_HOST = '127.0.0.1'
const CONNECT_DEADLINE_MS = 5_000
/** More than a cluster can have. */
const REPLICAS_MAX = 6
const CLUSTER_MAX = 2n ** 128n - 1n

/** Undefined if none are given. */
export function addressesIn(env: NodeJS.ProcessEnv, replicas: number): ClusterAddresses | undefined {
  const texts = (env.TIGERBEETLE_ADDRESSES ?? '').split(/[,\s]+/).filter(Boolean)
  if (texts.length === 0) return undefined
  const addresses = texts.map(parseAddress)
  if (addresses.length > REPLICAS_MAX) {
    throw failure('misconfigured', `TIGERBEETLE_ADDRESSES names more than ${REPLICAS_MAX} replicas.`, EXAMPLE)
  }
  refuseSame(addresses)
  if (addresses.length < replicas) {
    throw failure(
      'too-small',
      `TIGERBEETLE_ADDRESSES names ${addresses.length} replica${addresses.length === 1 ? '' : 's'}, but ${replicas} are needed.`,
      `unset TIGERBEETLE_ADDRESSES, to have ${replicas} replicas started here   (or: ${EXAMPLE})`,
    )
  }
  const cluster = env.TIGERBEETLE_CLUSTER?.trim() || '0'
  const clusterId = /^\d{1,39}$/.test(cluster) ? BigInt(cluster) : undefined
  if (clusterId === undefined || clusterId > CLUSTER_MAX) {
    throw failure(
      'misconfigured',
      'TIGERBEETLE_CLUSTER is not the number of a cluster.',
      'export TIGERBEETLE_CLUSTER=<the number given to tigerbeetle format>',
    )
  }
  return { clusterId, addresses: addresses.map(printable) }
}

/** One replica named three times is not a cluster of three. */
function refuseSame(addresses: readonly Address[]): void {
  const seen = new Set<string>()
  for (const address of addresses) {
    const place = `${canonicalIp(address.host)} ${address.port}`
    if (seen.has(place)) {
      throw failure(
        'misconfigured',
        `TIGERBEETLE_ADDRESSES names ${printable(address)} more than once, which is one replica and not several.`,
        'name each replica once in TIGERBEETLE_ADDRESSES, in the order of the cluster',
      )
    }
    seen.add(place)
  }
}

/** IPv6 has many spellings of one address, including one for IPv4 addresses. */
function canonicalIp(host: string): string {
  if (isIP(host) !== 6) return host
  const { hostname } = new URL(`http://[${host.replace(/%.*$/, '')}]/`)
  const mapped = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname)
  if (mapped === null) return hostname
  const [high, low] = [Number.parseInt(mapped[1] ?? '', 16), Number.parseInt(mapped[2] ?? '', 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** Before the client library is used, which would retry forever and print each refusal. */
export async function proveSomebodyListens(
  { addresses }: ClusterAddresses,
  signal: AbortSignal | undefined,
): Promise<void> {
  throwIfAborted(TIGERBEETLE, signal)
  const open = await Promise.all(
    addresses.map(parseAddress).map(({ host, port }) => accepts(host, port, CONNECT_DEADLINE_MS)),
  )
  throwIfAborted(TIGERBEETLE, signal)
  const count = open.filter(Boolean).length
  if (count > addresses.length / 2) return
  const shown = addresses.join(', ')
  throw failure(
    'unreachable',
    count === 0
      ? `No replica listens at ${shown}, as TIGERBEETLE_ADDRESSES says.`
      : `Only ${count} of the ${addresses.length} replicas at ${shown} listen, which is no majority.`,
    'start the replicas, or fix TIGERBEETLE_ADDRESSES',
  )
}

/** As the server takes them: an IP address and a port, of which either may be left out. */
export function parseAddress(text: string): Address {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text)
  const plain = /^([^:]+)(?::(\d{1,5}))?$/.exec(text)
  const isPortAlone = /^\d{1,5}$/.test(text)
  const host = isPortAlone ? DEFAULT_HOST : (bracketed?.[1] ?? plain?.[1])
  const port = Number(isPortAlone ? text : (bracketed?.[2] ?? plain?.[2] ?? DEFAULT_PORT))
  if (host === undefined || port < 1 || port > 65_535) {
    throw failure(
      'misconfigured',
      `TIGERBEETLE_ADDRESSES holds ${quoted(text)}, which is not an address and a port.`,
      EXAMPLE,
    )
  }
  if (isIP(host) === 0) {
    throw failure(
      'misconfigured',
      `TIGERBEETLE_ADDRESSES holds ${quoted(text)}, but the client takes IP addresses and no names.`,
      EXAMPLE,
    )
  }
  return { host, port }
}

/** An address has no password; a value meant for another variable may have one. */
function quoted(text: string): string {
  return /[@/]/.test(text) ? 'a URL' : `"${text}"`
}

function printable({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function failure(problem: EngineProblem, message: string, remedy: string): EngineError {
  return new EngineError({ engine: 'tigerbeetle', problem, message, remedy })
}
