/** TigerBeetle: everything that the harness asks of it begins here. */
import type { EngineKind } from '../engine.ts'

export const tigerbeetle: EngineKind = {
  name: 'tigerbeetle',
  title: 'TigerBeetle',
  example: 'export TIGERBEETLE_ADDRESSES=127.0.0.1:3000',
  isBundled: false,
  servers: {
    option: 'tigerbeetle-replicas',
    about: 'TigerBeetle replicas to start',
    default: 1,
    allowed: [1, 3, 6],
  },
  injectableEvents: [],
  replicates: true,
  killLoses: () => 'nothing',
  container: {
    // A cluster accepts clients of its own release and of a few earlier ones.
    image: async () => {
      const { clientVersion } = await import('./client.ts')
      return `ghcr.io/tigerbeetle/tigerbeetle:${clientVersion()}`
    },
    start: async (start) => await (await import('./container.ts')).start(start),
    variables: (addresses) => ({
      TIGERBEETLE_CLUSTER: '0',
      TIGERBEETLE_ADDRESSES: addresses.join(','),
    }),
  },
  async readAddresses(env) {
    const { addressesIn } = await import('./addresses.ts')
    addressesIn(env, 1)
  },
  async open({ servers = 1, durability: _always, ...options }) {
    const { openTigerbeetle } = await import('./open.ts')
    // Its development mode is not a relaxed production mode: it accepts smaller requests, and would change
    // what is measured.
    return await openTigerbeetle({ ...options, durability: 'durable', replicas: replicasOf(servers) })
  },
  attach: async (attachment) => await (await import('./attach.ts')).attach(attachment),
}

function replicasOf(servers: number): 1 | 3 | 6 {
  if (servers === 1 || servers === 3 || servers === 6) return servers
  throw new RangeError(`a TigerBeetle cluster of ${servers} replicas is not started here: 1, 3 or 6`)
}
