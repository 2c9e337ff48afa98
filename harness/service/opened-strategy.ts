/** A strategy on connections, as a service uses it. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Connections, StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import type { ServiceMetrics } from './metrics.ts'

export function openStrategy(
  entry: StrategyEntry,
  connections: Connections,
  criticalSectionMs: number,
  metrics: ServiceMetrics,
): Promise<ReservationStrategy> {
  return entry.open(connections, {
    criticalSection: criticalSectionMs > 0 ? () => delay(criticalSectionMs) : async () => {},
    onBatch: (callers) => metrics.batch(callers),
    random: Math.random,
  })
}
