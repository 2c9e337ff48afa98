/** Random records of any content that a history may have. */
import fc from 'fast-check'
import type { HistoryRecord } from '../../harness/history/record.ts'
import { RecordChecker } from '../../harness/history/record-checker.ts'
import { header } from '../checker/histories.ts'

const SEATS = ['seat', 'Säle-💺', 'seat-"quoted"\\'] as const

export const anySeats = header({ seat: 1, 'Säle-💺': 9_000, 'seat-"quoted"\\': 2 })

const id = fc
  .oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), fc.constantFrom('a', 'b', 'hold-1'))
  .filter((text) => text.length <= 128)
const whole = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -5, max: 2_000_000 }))
const atLeast1 = fc.oneof(
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  fc.integer({ min: 1, max: 300 }),
)
const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: 0, max: 10 ** 9 }).map((us) => 1_750_000_000_000 + us / 1_000),
)
const error = fc.string({ unit: 'binary', maxLength: 60 })
const seat = fc.constantFrom(...SEATS)
const ttlMs = fc.oneof(
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: 0, max: 100_000 }),
)

const call = fc
  .record({ process: fc.maxSafeNat(), one: whole, other: whole })
  .map(({ process, one, other }) => ({
    type: 'operation',
    process,
    invokedUs: Math.min(one, other),
    returnedUs: Math.max(one, other),
  }))

const lines = fc.uniqueArray(fc.tuple(seat, atLeast1), {
  minLength: 1,
  maxLength: 3,
  selector: ([resource]) => resource,
})

const held = fc
  .tuple(finite, atLeast1, fc.option(fc.array(whole, { minLength: 3, maxLength: 3 })))
  .map(([deadlineMs, attempts, versions]) => ({ result: 'ok', deadlineMs, attempts, versions }))

const refused = fc.oneof(
  fc.record({ why: fc.constant('sold-out'), resourceId: seat, attempts: atLeast1 }),
  fc.record({ why: fc.constant('contended'), reason: fc.constant('queue-full'), attempts: atLeast1 }),
  fc.record({ why: fc.constant('id-reused') }),
)

const holds = fc
  .tuple(
    call,
    id,
    lines,
    ttlMs,
    fc.oneof(
      held,
      refused.map((why) => ({ result: 'fail', ...why })),
      error.map((text) => ({ result: 'info', error: text })),
    ),
  )
  .map(([stamp, holdId, asked, ttl, answer]) => {
    const { versions, ...rest } = { versions: null, ...answer }
    const ordered = versions?.slice(0, asked.length)
    return {
      ...stamp,
      ...{ op: 'hold', holdId, lines: asked, ttlMs: ttl },
      ...rest,
      ...(ordered && { versions: ordered }),
    }
  })

const ends = fc
  .tuple(
    call,
    id,
    fc.constantFrom(
      { op: 'confirm', result: 'ok' },
      { op: 'confirm', result: 'fail', why: 'gone' },
      { op: 'confirm', result: 'info', error: 'x' },
      { op: 'release', result: 'ok' },
      { op: 'release', result: 'fail', why: 'gone' },
      { op: 'release', result: 'fail', why: 'already-confirmed' },
      { op: 'release', result: 'info', error: '' },
    ),
  )
  .map(([stamp, holdId, answer]) => ({ ...stamp, holdId, ...answer }))

const reads = fc
  .tuple(call, fc.array(fc.tuple(seat, whole), { maxLength: 40 }))
  .map(([stamp, available]) => ({ ...stamp, op: 'availability', result: 'ok', available }))

const lostReads = fc
  .tuple(call, error)
  .map(([stamp, text]) => ({ ...stamp, op: 'availability', result: 'info', error: text }))

const clocks = fc.record({
  type: fc.constant('clock'),
  readUs: whole,
  offsetMs: finite,
  errorMs: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
})

/** An operation or a reading of the clock. */
export const anyRecord = fc.oneof(holds, ends, reads, lostReads, clocks)

/** The values as records behind a header, each of which a reader would take. */
export function asRecords(values: readonly unknown[]): readonly HistoryRecord[] {
  const checker = new RecordChecker()
  return [anySeats, ...values].map((value) => checker.check(value))
}
