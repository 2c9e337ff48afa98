/** The network of a trial, from when its callers begin until they are through. */
import type { Ground } from '../ground/ground.ts'
import { NO_DELAY } from '../network/conditions.ts'
import type { NetworkMeasured } from '../results/trial.ts'

/** Round trips are measured from now on. */
export async function networkBegins(
  { network }: Pick<Ground, 'network'>,
  latencyMs: number | undefined,
): Promise<void> {
  if (latencyMs !== undefined) await network?.set({ latencyMs })
}

/**
 * How it was asked for and how it was, for the results. From now on it has no delay: an audit puts its
 * questions to the strategy one after another, on the same connections. Undefined if nothing was put between
 * the strategy and its engines, as for an engine in the memory of this process, which has no server.
 */
export async function networkEnded(
  { network }: Pick<Ground, 'network'>,
  latencyMs = 0,
): Promise<NetworkMeasured | undefined> {
  if (network === undefined) return undefined
  const { count, medianMs } = await network.roundTrips()
  await network.set(NO_DELAY)
  const isUsed = [...network.proxies.values()].some(({ length }) => length > 0)
  return isUsed ? { latencyMs, measured: { count, medianMs } } : undefined
}
