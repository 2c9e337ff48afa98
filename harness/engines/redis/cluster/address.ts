/** Which cluster is asked for: one at an address, or one to be started here. */
import { atLeastOne, type PerNode, type RedisTarget } from '../connection.ts'
import { failure } from '../failures.ts'
import { parseRedisUrl } from '../url.ts'

const EXAMPLE = 'export REDIS_URL=redis+cluster://:password@host:6379,host:6380'
const OWN_EXAMPLE = 'export HOLDFAST_REDIS=cluster   (or cluster:1, for one master with its replica)'
const MASTERS_DEFAULT = 3
/** Each has a replica, and all share the processors of this machine. */
const MASTERS_MAX = 5

export type ClusterWanted =
  | { readonly kind: 'at'; readonly seeds: PerNode<RedisTarget> }
  | { readonly kind: 'own'; readonly masters: number }

/** Undefined if single servers are meant. Throws an `EngineError` for what cannot be one of the two. */
export function clusterIn(env: NodeJS.ProcessEnv): ClusterWanted | undefined {
  const url = env.REDIS_URL?.trim() ?? ''
  const own = env.HOLDFAST_REDIS?.trim() ?? ''
  const parts = /^((?:redis|valkey)s?)\+cluster:\/\/(.*)$/is.exec(url)
  if (parts !== null) {
    if (own !== '') {
      throw failure(
        'misconfigured',
        'REDIS_URL names a cluster, and HOLDFAST_REDIS asks for one to be started.',
        'unset one of the two',
      )
    }
    return { kind: 'at', seeds: seedsIn(parts[1] ?? 'redis', parts[2] ?? '') }
  }
  if (own === '') return undefined
  const masters = /^cluster(?::(\d{1,2}))?$/.exec(own)
  const count = Number(masters?.[1] ?? MASTERS_DEFAULT)
  if (masters === null || count < 1 || count > MASTERS_MAX) {
    throw failure(
      'misconfigured',
      `HOLDFAST_REDIS is "${own}"; it can be cluster, or cluster:N with 1 to ${MASTERS_MAX} masters.`,
      OWN_EXAMPLE,
    )
  }
  if (url !== '' || (env.REDIS_URLS ?? '').trim() !== '') {
    throw failure(
      'misconfigured',
      'HOLDFAST_REDIS asks for a cluster to be started, and REDIS_URL or REDIS_URLS names servers.',
      'unset REDIS_URL and REDIS_URLS, or unset HOLDFAST_REDIS',
    )
  }
  return { kind: 'own', masters: count }
}

/** The account stands before the first of them, and is that of all. */
function seedsIn(scheme: string, rest: string): PerNode<RedisTarget> {
  const at = rest.lastIndexOf('@')
  const account = rest.slice(0, at + 1)
  const [hosts = '', ...path] = rest.slice(at + 1).split('/')
  const texts = hosts.split(',').filter(Boolean)
  const seeds = texts.map((host) =>
    parseRedisUrl(`${scheme}://${account}${host}/${path.join('/')}`, 'REDIS_URL'),
  )
  if (seeds.length === 0) throw failure('misconfigured', 'REDIS_URL names no server of the cluster.', EXAMPLE)
  if (seeds.some(({ db }) => db !== 0)) {
    throw failure('misconfigured', 'REDIS_URL names a database, and a cluster has none.', EXAMPLE)
  }
  return atLeastOne(seeds)
}
