/** What those inside see of the backend, and the limit that follows from it. */
import { setTimeout as delay } from 'node:timers/promises'
import type { RoomFigures, RoomStore } from './queue/room.ts'
import { REQUESTS_MIN, steered } from './queue/steering.ts'

const PERIOD_MS = 2_000
/** Of one period; more are sampled by leaving the first ones out. */
const KEPT_MAX = 20_000

export interface SeenLatency {
  readonly p99Ms: number
  readonly count: number
}

export class Latencies {
  #ms: number[] = []
  #at = 0
  #last: SeenLatency | undefined

  /** Of the last period that had enough requests; undefined before. */
  get last(): SeenLatency | undefined {
    return this.#last
  }

  see(ms: number): void {
    this.#ms[this.#at % KEPT_MAX] = ms
    this.#at += 1
  }

  /** Of what was seen since the last call, if that is enough for a p99; otherwise it goes on. */
  take(): SeenLatency | undefined {
    if (this.#ms.length < REQUESTS_MIN) return undefined
    const sorted = this.#ms.toSorted((a, b) => a - b)
    this.#ms = []
    this.#at = 0
    this.#last = { p99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0, count: sorted.length }
    return this.#last
  }
}

export interface SteeredRoom {
  readonly store: Pick<RoomStore, 'steer'>
  readonly latencies: Latencies
  /** Below which the limit is not lowered. */
  readonly activeMin: number
  readonly figures: () => Pick<RoomFigures, 'activeMax' | 'activeMost' | 'targetMs' | 'called' | 'inside'>
  readonly warn: (error: unknown, what: string) => void
}

/** Follows what is seen until it is disposed, and steers while the room has a target. */
export function startSteering(room: SteeredRoom): AsyncDisposable {
  const { latencies, warn } = room
  const ending = new AbortController()
  const { signal } = ending
  async function run(): Promise<void> {
    while (!signal.aborted) {
      await delay(PERIOD_MS, undefined, { signal }).catch(() => undefined)
      const seen = latencies.take()
      if (signal.aborted || seen === undefined) continue
      await steer(room, seen).catch((error: unknown) => warn(error, 'the limit could not be changed'))
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

async function steer({ store, activeMin, figures }: SteeredRoom, seen: SeenLatency): Promise<void> {
  const { activeMax, activeMost, targetMs, called, inside } = figures()
  if (targetMs === 0) return
  const target = { p99Ms: targetMs, activeMin: Math.min(activeMin, activeMost), activeMax: activeMost }
  const to = steered(activeMax, { ...seen, active: called + inside }, target)
  if (to !== activeMax) await store.steer({ from: activeMax, to, periodMs: PERIOD_MS })
}
