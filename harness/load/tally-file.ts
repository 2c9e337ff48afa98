/**
 * Reads the buyers' tally, as the scripts write it (`k6/shared/tally.ts`), line by line, and converts its
 * times to this machine's monotonic clock, which the rest of a history uses.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { monotonicMs } from '../clock.ts'
import type { Operation } from '../history/record.ts'

/** More than any profile makes; beyond it the history is cut off, and the verdict unknown. */
const OPERATIONS_MAX = 10_000_000
/** The most complaints of scripts that are kept. */
const COMPLAINTS_MAX = 3
/** Beyond it, the wall clock was set while k6 ran, and k6's own time depends on it. */
const WALL_ERROR_MS_MAX = 25

/** The offset between the wall clock, which k6 uses, and the monotonic clock. */
export interface WallReading {
  /** Wall time minus monotonic time, milliseconds; `Date.now()` gives whole ones. */
  readonly offsetMs: number
}

export function readWall(): WallReading {
  return { offsetMs: Date.now() - monotonicMs() }
}

export interface TallyClock {
  /** The monotonic time at which the run's own time begins, milliseconds. */
  readonly startMs: number
  /** The error bound. */
  readonly errorMs: number
  /** Why it is unknown; then no conclusions can be drawn from times. */
  readonly jumped?: string
}

interface Scanned {
  readonly operations: number
  /** The first complaints of the scripts. */
  readonly complaints: readonly string[]
  readonly clock: TallyClock
}

/** Reads the whole file once, for its size and times, and keeps nothing of it. */
export async function scanTally(
  file: string,
  walls: readonly [before: WallReading, after: WallReading],
): Promise<Scanned> {
  const complaints: string[] = []
  let operations = 0
  // Each reading of both clocks places the start of the run between two moments; a long one says less.
  let fromMs = Number.NEGATIVE_INFINITY
  let untilMs = Number.POSITIVE_INFINITY
  for await (const line of linesOf(file)) {
    const told = recordOf(line)
    if (told === undefined) {
      if (complaints.length < COMPLAINTS_MAX) complaints.push(line.slice(0, 300))
    } else if (isRunClock(told)) {
      const { wallMs, atUs, untilUs = atUs } = told
      fromMs = Math.max(fromMs, wallMs - untilUs / 1_000 - 1)
      untilMs = Math.min(untilMs, wallMs - atUs / 1_000 + 1)
    } else operations++
  }
  const [before, after] = walls
  const wallMs = (before.offsetMs + after.offsetMs) / 2
  const driftMs = Math.abs(after.offsetMs - before.offsetMs)
  const spreadMs = Math.max(Math.abs(untilMs - fromMs), 1)
  const errorMs = spreadMs + driftMs + 1
  const isKnown = Number.isFinite(errorMs)
  const jumped = isKnown && errorMs > WALL_ERROR_MS_MAX ? 'the wall clock was set while k6 ran' : undefined
  return {
    operations,
    complaints,
    clock: {
      startMs: isKnown ? (fromMs + untilMs) / 2 - wallMs : 0,
      errorMs: isKnown ? errorMs : 0,
      ...(jumped !== undefined && { jumped }),
    },
  }
}

/** The operations, on the monotonic clock; their other fields are not checked. Throws beyond the limit. */
export async function* operationsIn(file: string, { startMs }: TallyClock): AsyncGenerator<Operation> {
  const shiftUs = Math.round(startMs * 1_000)
  let count = 0
  for await (const line of linesOf(file)) {
    const told = recordOf(line)
    if (told === undefined || isRunClock(told)) continue
    if (++count > OPERATIONS_MAX) throw new Error(`there are more than ${OPERATIONS_MAX} operations`)
    const { invokedUs, returnedUs } = told as Operation
    yield { ...(told as Operation), invokedUs: invokedUs + shiftUs, returnedUs: returnedUs + shiftUs }
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const input = createReadStream(file)
  try {
    for await (const line of createInterface({ input })) if (line !== '') yield line
  } finally {
    input.destroy()
  }
}

/** Undefined for a line that is not a record, such as one that was cut off. */
function recordOf(line: string): object | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as object
  } catch {
    return undefined
  }
}

interface RunClock {
  readonly type: 'run-clock'
  readonly atUs: number
  readonly wallMs: number
  /** The run's clock again, after the wall clock was read; absent from scripts that did not. */
  readonly untilUs?: number
}

function isRunClock(told: object): told is RunClock {
  return 'type' in told && told.type === 'run-clock'
}
