/** Loads that begin at intended times, whether or not earlier ones have their answers. */
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../harness/clock.ts'
import { Pacer } from '../harness/workloads/open-loop.ts'

/**
 * Begins each at its intended time, or as soon after it as this process comes to it. Resolves when the last
 * one has begun, answered or not.
 */
export async function beginInTime(
  rate: { readonly perSecond: number; readonly seconds: number },
  begin: (intendedMs: number) => void,
): Promise<void> {
  const pacer = new Pacer(rate, monotonicMs(), rate.seconds * 1_000)
  for (let next = pacer.next(); next !== undefined; ) {
    for (const nowMs = monotonicMs(); next !== undefined && next <= nowMs; next = pacer.next()) begin(next)
    await delay(1)
  }
}
