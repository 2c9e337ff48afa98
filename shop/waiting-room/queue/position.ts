/** Where one is in line, and how long it may take. */
import { MINUTE_MS, type RoomFigures } from './room.ts'

/** At most so many are ahead and this one: those who left on the way are not known one by one. */
export function positionOf(
  number: number,
  { calledNumber, length }: Pick<RoomFigures, 'calledNumber' | 'length'>,
): number {
  return Math.max(1, Math.min(number - calledNumber, length))
}

/** The number called, at a moment of any monotonic clock. */
export interface PaceSample {
  readonly atMs: number
  readonly calledNumber: number
}

export interface Estimate {
  readonly seconds: number
  /** Nine of ten would lie between the two, if the pace stayed as it is. */
  readonly low: number
  readonly high: number
}

/** Of the pace: older samples say little about the next minutes. */
const PACE_WINDOW_MS = 120_000
/** Fewer calls carry no estimate. */
const CALLS_MIN = 5

/**
 * Calls are taken as independent of each other, so the pace that n calls show has a relative error of 1/√n,
 * and the wait for k calls varies by √k besides. It names nothing outside itself: the script of the page is
 * made of its text.
 */
export function waitFor(position: number, perMinute: number, calls: number): Estimate {
  // Of a normal distribution, for nine of ten.
  const z = 1.645
  const seconds = (position / perMinute) * 60
  const error = z * Math.sqrt(1 / calls + 1 / position)
  return { seconds, low: seconds * Math.max(0, 1 - error), high: seconds * (1 + error) }
}

/** By the pace of the last two minutes. Undefined while too little was seen. */
export function estimateOf(position: number, samples: readonly PaceSample[]): Estimate | undefined {
  const [first] = samples
  const last = samples.at(-1)
  if (first === undefined || last === undefined) return undefined
  const calls = last.calledNumber - first.calledNumber
  const minutes = (last.atMs - first.atMs) / MINUTE_MS
  if (calls < CALLS_MIN || minutes <= 0) return undefined
  return waitFor(position, calls / minutes, calls)
}

/** The pace seen by one process, with a bound on what it keeps. */
export class Pace {
  readonly #samples: PaceSample[] = []
  readonly #everyMs: number

  constructor(everyMs = 1_000) {
    this.#everyMs = everyMs
  }

  see(sample: PaceSample): void {
    const last = this.#samples.at(-1)
    if (last !== undefined && sample.atMs - last.atMs < this.#everyMs) return
    this.#samples.push(sample)
    while ((this.#samples[0]?.atMs ?? 0) < sample.atMs - PACE_WINDOW_MS) this.#samples.shift()
  }

  /** Nobody was called for a reason that is over: the pace begins again. */
  forget(): void {
    this.#samples.length = 0
  }

  of(position: number): Estimate | undefined {
    return estimateOf(position, this.#samples)
  }

  /** Those behind the pace. */
  get calls(): number {
    return (this.#samples.at(-1)?.calledNumber ?? 0) - (this.#samples[0]?.calledNumber ?? 0)
  }

  /** A minute; undefined while too little was seen. */
  perMinute(): number | undefined {
    const minute = this.of(1)
    return minute && 60 / minute.seconds
  }
}
