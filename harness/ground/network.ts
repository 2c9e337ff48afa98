/** The network between a strategy and its engines: a proxy before each of their servers. */
import type { EngineName } from '../../strategies/strategy.ts'
import type { Conditions, Route } from '../network/conditions.ts'
import type { Network, NetworkProxy } from '../network/network.ts'

/** The harness's own connections do not pass through it. */
export interface GroundNetwork extends Pick<Network, 'set' | 'roundTrips' | 'cpuMs'> {
  /** Of each engine, one for each server, in the order of the servers. */
  readonly proxies: ReadonlyMap<EngineName, readonly NetworkProxy[]>
}

export interface OpenGroundNetwork extends GroundNetwork, AsyncDisposable {
  /** The way to the servers of this engine, which are asked for in their order. */
  routeTo(engine: EngineName): Route
}

export async function networkWith(conditions: Conditions): Promise<OpenGroundNetwork> {
  // Loaded only if needed: most grounds have none.
  const { openNetwork } = await import('../network/network.ts')
  const network = await openNetwork(conditions)
  const proxies = new Map<EngineName, NetworkProxy[]>()
  return {
    ...network,
    proxies,
    routeTo(engine) {
      const own: NetworkProxy[] = []
      proxies.set(engine, own)
      let count = 0
      return async (to) => {
        const at = count
        count += 1
        const proxy = await network.proxy(to)
        own[at] = proxy
        return proxy.address
      }
    },
  }
}
