/**
 * Goal: a history that is judged in windows gets the verdict that it gets as a whole, word for word. Method: the
 * golden histories, legal and broken, in windows of a few operations each; and long ones, in which ids come
 * again, answers are wrong and stores are wrong long after the windows that they concern.
 */
import { describe, expect, it } from 'vitest'
import { judge } from '../../harness/checker/judge.ts'
import type { Verdict } from '../../harness/checker/verdict.ts'
import { WindowedJudge, type WindowOptions } from '../../harness/checker/windows/windowed-judge.ts'
import { BlockDecoder } from '../../harness/history/binary/block-decoder.ts'
import { BlockEncoder } from '../../harness/history/binary/block-encoder.ts'
import type { HistoryRecord } from '../../harness/history/record.ts'
import { isFull } from '../size.ts'
import { goldenHistories } from './golden-histories.ts'
import { longHistory, withWrongStore } from './long-histories.ts'
import { perturb } from './perturb.ts'
import { Dice, seeded, seedOf } from './seeded.ts'
import { EVERYTHING, recordsOf } from './simulate.ts'

const SEED = seedOf('windows')
const GOLDEN_EVERY = isFull ? 1 : 29
const LONG = isFull ? 150 : 16
const OPERATIONS = isFull ? 3_000 : 1_200

interface InWindows {
  readonly verdict: Verdict
  /** How often the history was read. */
  readonly readings: number
}

function inWindows(records: readonly HistoryRecord[], options: WindowOptions): InWindows {
  const blocks: Buffer[] = []
  const encoder = new BlockEncoder((payload) => blocks.push(Buffer.from(payload)))
  for (const record of records) encoder.add(record)
  encoder.seal()
  const windowed = new WindowedJudge(options)
  let readings = 0
  do {
    readings++
    const decoder = new BlockDecoder()
    for (const block of blocks) {
      const part = decoder.take(block)
      if (part !== undefined) windowed.addPart(part)
    }
  } while (!windowed.endReading())
  return { verdict: windowed.verdict, readings }
}

describe('a history in windows', () => {
  it('gets the verdict of the whole, for the golden histories', () => {
    let number = 0
    for (const { name, records, requireAudit } of goldenHistories()) {
      number++
      if (number % GOLDEN_EVERY !== 0) continue
      const windowMin = 1 + (number % 7)
      const { verdict } = inWindows(records, {
        requireAudit,
        windowMin,
        operationsExpected: 2 ** (number % 9),
      })
      expect(verdict, `${name} ${number}`).toEqual(judge(records, { requireAudit }))
    }
  })

  it('gets the verdict of the whole, for long histories with a wrong answer or a wrong store', () => {
    const verdicts: Record<string, number> = {}
    for (let number = 0; number < LONG; number++) {
      const random = seeded(SEED + number)
      const dice = new Dice(random)
      const legal = longHistory(dice, {
        operations: OPERATIONS,
        resources: 1 + dice.below(5),
        unknown: dice.pick([0, 0, 0.2]),
        late: dice.pick([0, 0, 10]),
      })
      const answered = number % 3 === 1 ? perturb(random, legal, EVERYTHING) : legal
      const audit = number % 3 === 2 ? withWrongStore(dice, legal.audit) : legal.audit
      const records = recordsOf({ ...answered, audit: { ...audit, takenUs: audit.takenUs + 100_000 } })
      const windowMin = 1 + dice.below(100)
      const whole = judge(records)
      const { verdict, readings } = inWindows(records, { windowMin, operationsExpected: 500 })
      expect(verdict, `${number}`).toEqual(whole)
      const key = `${verdict.verdict} ${number % 3} ${readings}`
      verdicts[key] = (verdicts[key] ?? 0) + 1
    }
    console.log(verdicts)
  })
})
