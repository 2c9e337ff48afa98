/** What those inside see of the backend, and the limit that follows from it. */
import { setTimeout as delay } from 'node:timers/promises'
import type { RoomFigures, RoomStore } from './queue/room.ts'
import { REQUESTS_MIN, type SteeringTarget, steered } from './queue/steering.ts'

const PERIOD_MS = 2_000
/** Of one period; more are sampled by leaving the first ones out. */
const KEPT_MAX = 20_000

export class Latencies {
  #ms: number[] = []
  #at = 0

  see(ms: number): void {
    this.#ms[this.#at % KEPT_MAX] = ms
    this.#at += 1
  }

  /** Of what was seen since the last call, if that is enough for a p99; otherwise it goes on. */
  take(): { readonly p99Ms: number; readonly count: number } | undefined {
    if (this.#ms.length < REQUESTS_MIN) return undefined
    const sorted = this.#ms.toSorted((a, b) => a - b)
    this.#ms = []
    this.#at = 0
    return { p99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0, count: sorted.length }
  }
}

export interface SteeredRoom {
  readonly store: Pick<RoomStore, 'steer'>
  readonly latencies: Latencies
  readonly target: SteeringTarget
  readonly figures: () => Pick<RoomFigures, 'activeMax' | 'called' | 'inside'>
  readonly warn: (error: unknown, what: string) => void
}

/** Steers until it is disposed. */
export function startSteering({ store, latencies, target, figures, warn }: SteeredRoom): AsyncDisposable {
  const ending = new AbortController()
  const { signal } = ending
  async function run(): Promise<void> {
    while (!signal.aborted) {
      await delay(PERIOD_MS, undefined, { signal }).catch(() => undefined)
      const seen = latencies.take()
      if (signal.aborted || seen === undefined) continue
      const { activeMax, called, inside } = figures()
      const to = steered(activeMax, { ...seen, active: called + inside }, target)
      if (to === activeMax) continue
      await store
        .steer({ from: activeMax, to, periodMs: PERIOD_MS })
        .catch((error: unknown) => warn(error, 'the limit could not be changed'))
    }
  }
  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      await running
    },
  }
}
