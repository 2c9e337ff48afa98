/**
 * Goal: a history that is judged in windows gets the verdict that it gets as a whole, word for word. Method: the
 * golden histories, legal and broken, in windows of a few operations each; and long ones, in which ids come
 * again, answers are wrong and stores are wrong long after the windows that they concern.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { legalHistory } from '../../harness/benchmarks/legal-history.ts'
import { HistoryJudge, judge } from '../../harness/checker/judge.ts'
import type { Verdict } from '../../harness/checker/verdict.ts'
import {
  judgeInWindows,
  WindowedJudge,
  type WindowOptions,
} from '../../harness/checker/windows/windowed-judge.ts'
import { BlockDecoder } from '../../harness/history/binary/block-decoder.ts'
import { BlockEncoder } from '../../harness/history/binary/block-encoder.ts'
import { type HistoryEncoding, readParts, writeHistory } from '../../harness/history/files.ts'
import type { HistoryRecord, Operation } from '../../harness/history/record.ts'
import { isFull } from '../size.ts'
import { goldenHistories } from './golden-histories.ts'
import { longHistory, withWrongStore } from './long-histories.ts'
import { perturb } from './perturb.ts'
import { Dice, seeded, seedOf } from './seeded.ts'
import { EVERYTHING, recordsOf } from './simulate.ts'

const SEED = seedOf('windows')
const GOLDEN_EVERY = isFull ? 1 : 59
const LONG = isFull ? 300 : 9
/** A legal one, one with a wrong answer, one with a wrong store. */
const FILES = 3
const OPERATIONS = isFull ? 3_000 : 1_000
const CALM = { resources: 2, unknown: 0, late: 0 } as const

function blocksOf(records: Iterable<HistoryRecord>): readonly Buffer[] {
  const blocks: Buffer[] = []
  const encoder = new BlockEncoder((payload) => blocks.push(Buffer.from(payload)))
  for (const record of records) encoder.add(record)
  encoder.seal()
  return blocks
}

interface InWindows {
  readonly verdict: Verdict
  /** How often the history was read. */
  readonly readings: number
}

/** `cut`: why the history ends after these blocks, if it should not. */
function inWindows(blocks: readonly Buffer[], options: WindowOptions, cut?: string): InWindows {
  const windowed = new WindowedJudge({ operationsExpected: 500, ...options })
  let readings = 0
  do {
    readings++
    const decoder = new BlockDecoder()
    for (const block of blocks) {
      const part = decoder.take(block)
      if (part !== undefined) windowed.addPart(part)
    }
    if (cut !== undefined) windowed.breakOff(cut)
  } while (!windowed.endReading())
  return { verdict: windowed.verdict, readings }
}

/** A legal one for every third number; else one with a wrong answer, or a wrong store. */
function someLong(number: number) {
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
  return { records, windowMin: 1 + dice.below(100) }
}

describe('a history in windows', () => {
  it('gets the verdict of the whole, for the golden histories', () => {
    let number = 0
    for (const { name, records, requireAudit } of goldenHistories()) {
      number++
      if (number % GOLDEN_EVERY !== 0) continue
      const options = { requireAudit, windowMin: 1 + (number % 7), operationsExpected: 2 ** (number % 9) }
      const { verdict } = inWindows(blocksOf(records), options)
      expect(verdict, `${name} ${number}`).toEqual(judge(records, { requireAudit }))
    }
  })

  it('gets the verdict of the whole, for long histories with a wrong answer or a wrong store', () => {
    const verdicts = new Set<string>()
    for (let number = 0; number < LONG; number++) {
      const { records, windowMin } = someLong(number)
      const { verdict } = inWindows(blocksOf(records), { windowMin })
      expect(verdict, `${number}`).toEqual(judge(records))
      verdicts.add(verdict.verdict)
    }
    expect(verdicts).toContain('valid')
    expect(verdicts).toContain('invalid')
  })

  async function getsItFromFile(encoding: HistoryEncoding): Promise<void> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'holdfast-windows-'))
    try {
      for (let number = 0; number < FILES; number++) {
        const { records, windowMin } = someLong(number)
        const file = path.join(folder, `${number}`)
        await writeHistory(file, records, { encoding })
        const verdict = await judgeInWindows(() => readParts(file), { windowMin, cutBy: String })
        expect(verdict).toEqual(judge(records))
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  it('gets it from a JSONL file, too', () => getsItFromFile('jsonl'))
  it('gets it from a binary file, too', () => getsItFromFile('binary'))

  it('is read once if nothing is in doubt', () => {
    const records = recordsOf(longHistory(new Dice(seeded(SEED)), { ...CALM, operations: 2_000 }))
    const { verdict, readings } = inWindows(blocksOf(records), { windowMin: 50 })
    expect(verdict).toEqual(judge(records))
    expect(readings).toBe(1)
  })

  it('that is cut off gets the verdict of the whole that is cut off', () => {
    const legal = longHistory(new Dice(seeded(SEED)), { ...CALM, operations: 500 })
    const [header, operations] = blocksOf(recordsOf(legal))
    if (header === undefined || operations === undefined) throw new Error('a history has blocks')
    const whole = new HistoryJudge()
    const decoder = new BlockDecoder()
    for (const block of [header, operations]) {
      const part = decoder.take(block)
      if (part !== undefined) whole.addPart(part)
    }
    whole.breakOff('the power failed')
    const { verdict } = inWindows([header, operations], { windowMin: 50 }, 'the power failed')
    expect(verdict).toEqual(whole.verdict())
    expect(verdict.operations).toBe(500)
  })
})

describe('what is in doubt, and more than is judged at once', () => {
  /** One read of a long history is wrong. */
  function withWrongRead(): readonly HistoryRecord[] {
    const { header, operations, audit } = longHistory(new Dice(seeded(SEED)), { ...CALM, operations: 1_000 })
    const at = operations.findIndex((each) => each.op === 'availability' && each.result === 'ok')
    const wrong = { ...operations[at], available: [['r0', 1_000]] } as unknown as Operation
    return recordsOf({ header, operations: operations.toSpliced(at, 1, wrong), audit })
  }

  it('is refused, with what was noticed', () => {
    const { verdict } = inWindows(blocksOf(withWrongRead()), { windowMin: 50, operationsMax: 100 })
    expect(verdict.verdict).toBe('unknown')
    expect(verdict.reasons.join()).toMatch(/would have to be judged at once.*A read said that 1000 units/)
  })

  it('is refused if the calls of a client are in no order', () => {
    const [header, ...others] = withWrongRead()
    const audit = others.at(-1)
    if (header === undefined || audit === undefined) throw new Error('a history has a header and an audit')
    const records = [header, ...others.slice(0, -1).toReversed(), audit]
    const few = inWindows(blocksOf(records), { windowMin: 50, operationsMax: 100 }).verdict
    expect(few.reasons.join()).toMatch(/cannot be judged in windows, since the calls of a client are not in/)
    expect(inWindows(blocksOf(records), { windowMin: 50 }).verdict).toEqual(judge(records))
  })

  it('is judged in groups if each is small, with as many findings', () => {
    const records = [...legalHistory(6_000)].map((record) =>
      record.type === 'operation' && record.op === 'availability' && record.result === 'ok'
        ? { ...record, available: record.available.map(([id, units]) => [id, units + 1] as const) }
        : record,
    )
    const whole = judge(records)
    const { verdict, readings } = inWindows(blocksOf(records), { windowMin: 50, operationsMax: 600 })
    expect(verdict.reasons).toEqual([])
    expect(readings).toBeGreaterThan(3)
    expect(verdict.verdict).toBe('invalid')
    expect(verdict.violationsTotal).toBe(whole.violationsTotal)
  })
})

test('nothing at all has the verdict of nothing, after two readings', () => {
  const { verdict, readings } = inWindows([], {})
  expect(verdict).toEqual(judge([]))
  expect(readings).toBe(2)
})
