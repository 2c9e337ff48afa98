/**
 * Waits for holds that fall due soon after the run, so that the store is read when their units are free
 * again.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../clock.ts'
import type { EngineClock, Operation } from '../history/record.ts'

/** Holds that fall due sooner than this are waited for; later ones are still live when the store is read. */
const EXPIRY_WAIT_MS_MAX = 5_000
/** Past the deadline by every clock, plus the millisecond by which a timer may fire early. */
const EXPIRY_MARGIN_MS = 2

/** Rejects with the signal's own reason rather than with a timer's. */
export async function waited(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  } finally {
    signal?.throwIfAborted()
  }
}

/** The time until every hold is due that may still be live and falls due soon. */
export function dueInMs(operations: Iterable<Operation>, clock: EngineClock, freesLateMs: number): number {
  const ended = new Set<string>()
  for (const operation of operations) {
    if (operation.op !== 'confirm' && operation.op !== 'release') continue
    if (operation.result === 'ok') ended.add(operation.holdId)
  }
  const nowMs = monotonicMs()
  let waitMs = 0
  for (const operation of operations) {
    if (operation.op !== 'hold' || operation.result === 'fail' || ended.has(operation.holdId)) continue
    // A hold of unknown outcome may have been created as late as the moment when its caller stopped waiting.
    const dueMs =
      operation.result === 'ok'
        ? operation.deadlineMs - clock.offsetMs
        : operation.returnedUs / 1_000 + operation.ttlMs
    const marginMs = clock.errorMs + freesLateMs + EXPIRY_MARGIN_MS
    const dueInMs = dueMs - nowMs + marginMs
    if (dueInMs <= EXPIRY_WAIT_MS_MAX + marginMs) waitMs = Math.max(waitMs, dueInMs)
  }
  return waitMs
}
