/** Redis, or Valkey: everything that the harness asks of it begins here. */
import type { EngineKind, OpenOptions } from '../engine.ts'

/** For Redlock, which needs a majority; strategies that need one server use the first. */
const NODES_DEFAULT = 5
/** The smallest number whose majority can miss a node. */
const NODES_TO_EXPLORE = 3
/** Redlock's authors recommend five; beyond nine, a small machine would measure its own scheduler. */
const NODES_MAX = 9

export const redis: EngineKind = {
  name: 'redis',
  title: 'Redis',
  example: 'export REDIS_URL=redis://:password@host:6379',
  isBundled: false,
  servers: {
    option: 'redis-nodes',
    about: 'Redis servers to start, for Redlock',
    default: NODES_DEFAULT,
    toExplore: NODES_TO_EXPLORE,
    allowed: { min: 1, max: NODES_MAX },
  },
  injectableEvents: ['lock-expires', 'memory-lost', 'time-passes'],
  mayEvict: true,
  follows: true,
  journals: true,
  clockSteps: true,
  flushesLater: true,
  killLoses: (durability) => (durability === 'durable' ? 'nothing' : 'everything'),
  container: {
    image: async () => 'redis:8.2.1',
    start: async (start) => await (await import('./container.ts')).start(start),
    variables: (addresses) => ({ REDIS_URL: undefined, REDIS_URLS: addresses.join(',') }),
  },
  async readAddresses(env) {
    const { clusterIn } = await import('./cluster/address.ts')
    const { sentinelsIn } = await import('./sentinel.ts')
    if (clusterIn(env) !== undefined || sentinelsIn(env) !== undefined) return
    const { addressCount, addressesIn } = await import('./url.ts')
    addressesIn(env, addressCount(env))
  },
  async open({ servers = NODES_DEFAULT, durability: wanted, ...options }) {
    const durability = wanted === 'durable' ? 'always' : 'none'
    const { clusterIn } = await import('./cluster/address.ts')
    const cluster = clusterIn(options.env)
    if (cluster !== undefined) {
      const { openCluster } = await import('./cluster/open.ts')
      return await openCluster(cluster, { ...options, durability })
    }
    const { openRedis } = await import('./open.ts')
    const env = await withMaster(options)
    const { addressCount } = await import('./url.ts')
    // As many as are given by address; otherwise as many as requested.
    return await openRedis({ ...options, env, nodes: addressCount(env) || servers, durability })
  },
  async attach(attachment) {
    const { attachToCluster, isClusterAttachment } = await import('./cluster/attach.ts')
    if (isClusterAttachment(attachment)) return await attachToCluster(attachment)
    return await (await import('./attach.ts')).attach(attachment)
  },
}

/** With the address of the master where REDIS_URL names Sentinels. */
async function withMaster({ env, log, signal }: Omit<OpenOptions, 'durability'>): Promise<NodeJS.ProcessEnv> {
  const { masterOf, sentinelsIn } = await import('./sentinel.ts')
  const sentinels = sentinelsIn(env)
  return sentinels === undefined ? env : { ...env, REDIS_URL: await masterOf(sentinels, { log, signal }) }
}
