/** The network of a trial for its results: as it was asked for, and as it was. */
import type { Ground } from '../ground/ground.ts'
import type { NetworkMeasured } from '../results/trial.ts'

/**
 * Undefined if nothing was put between the strategy and its engines, as for an engine in the memory of this
 * process, which has no server.
 */
export async function measuredNetwork(
  { network }: Pick<Ground, 'network'>,
  latencyMs = 0,
): Promise<NetworkMeasured | undefined> {
  if (network === undefined || [...network.proxies.values()].every(({ length }) => length === 0))
    return undefined
  const { count, medianMs } = await network.roundTrips()
  return { latencyMs, measured: { count, medianMs } }
}
