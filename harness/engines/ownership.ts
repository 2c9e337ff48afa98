/**
 * Which run owns the data that it wrote on a server that we did not start, and when it is certain that this
 * owner is gone. Every engine records the owner beside the run's data, in one step with the first of it, and
 * renews a heartbeat.
 *
 * There are two rules; in doubt, neither applies:
 * - on the same host, the owner is gone when its process is (its id, and the moment at which it started);
 * - from another host, when no heartbeat reached the server for ten minutes, by the server's own clock.
 */
import {
  bootId,
  fateOf,
  identityOfThisProcess,
  isProcessIdentity,
  type ProcessIdentity,
} from './local/process-identity.ts'

/**
 * A process, and the boot of its machine: host names repeat, and process ids mean
 * something within one boot only.
 */
export interface Owner extends ProcessIdentity {
  readonly boot: string
}

/** Milliseconds. Often enough that ten minutes without one cannot be an accident. */
const HEARTBEAT_EVERY_MS = 15_000
/** Milliseconds without a heartbeat after which an owner on another host counts as gone. */
export const SILENT_MS_MAX = 10 * 60_000

/** What somebody can do who wants what another process may still have. */
export const OWNED_REMEDY =
  'end that process, wait ten minutes if it was on another machine, or choose another name'

export function thisOwner(): Owner {
  return { ...identityOfThisProcess(), boot: bootId() }
}

export function isOwner(value: unknown): value is Owner {
  return isProcessIdentity(value) && 'boot' in value && typeof value.boot === 'string'
}

/** `silentMs`: since the owner's last heartbeat, by the clock of the server that keeps it. */
export function isCertainlyGone(owner: Owner, silentMs: number): boolean {
  const isSameHost = owner.boot === bootId() && fateOf(owner) !== 'elsewhere'
  return isSameHost ? fateOf(owner) === 'dead' : silentMs > SILENT_MS_MAX
}

/** The error of a run, shown to its user, once it no longer owns its data on a server. */
export class OwnershipLostError extends Error {
  override readonly name = 'OwnershipLostError'
  readonly code = 'ownership-lost'
}

/**
 * Renews a heartbeat until it is stopped. `beat` returns whether the record was still ours; if it throws it
 * is tried again, since no other run can take our data on a server that does not answer. `onLost` is called
 * once, and no beat follows it.
 */
export function keepBeating(options: {
  readonly beat: () => Promise<boolean>
  readonly onLost: () => void
  readonly everyMs?: number
}): { stop(): Promise<void>; now(): Promise<void> } {
  const { beat, onLost, everyMs = HEARTBEAT_EVERY_MS } = options
  let isOver = false
  let underway: Promise<void> = Promise.resolve()
  const now = (): Promise<void> => {
    underway = underway.then(async () => {
      if (isOver) return
      const isOurs = await beat().catch(() => true)
      if (isOurs || isOver) return
      end()
      onLost()
    })
    return underway
  }
  const timer = setInterval(() => void now(), everyMs).unref()
  const end = (): void => {
    isOver = true
    clearInterval(timer)
  }
  return {
    now,
    async stop() {
      end()
      await underway
    },
  }
}
