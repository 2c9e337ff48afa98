/** What part of the checker's time is left if it only reads: a slower checker makes it smaller. */
import { HistoryJudge } from '../../checker/judge.ts'
import { WindowedJudge } from '../../checker/windows/windowed-judge.ts'
import { BlockDecoder } from '../../history/binary/block-decoder.ts'
import { BlockEncoder } from '../../history/binary/block-encoder.ts'
import type { HistoryPart } from '../../history/part.ts'
import { medianOf, ratiosOf } from '../in-turn.ts'
import { legalHistory } from '../legal-history.ts'

const OPERATIONS = 300_000
const ROUNDS = 5
/** Reading is short, and repeated so that its time can be told. */
const READINGS = 5

/** By how the history is judged. */
export function checkerRatios(): Readonly<Record<'whole' | 'windows', number>> {
  const blocks: Buffer[] = []
  const encoder = new BlockEncoder((payload) => blocks.push(Buffer.from(payload)))
  for (const record of legalHistory(OPERATIONS)) encoder.add(record)
  encoder.seal()
  const read: number[] = []
  const whole: number[] = []
  const windows: number[] = []
  // The first round compiles, and does not count.
  for (let round = -1; round < ROUNDS; round++) {
    const times = [
      cpuMs(() => {
        for (let reading = 0; reading < READINGS; reading++) readOnly(blocks)
      }) / READINGS,
      cpuMs(() => requireValid(judgedWhole(blocks))),
      cpuMs(() => requireValid(judgedInWindows(blocks))),
    ] as const
    if (round < 0) continue
    read.push(times[0])
    whole.push(times[1])
    windows.push(times[2])
  }
  return { whole: medianOf(ratiosOf(read, whole)), windows: medianOf(ratiosOf(read, windows)) }
}

function cpuMs(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

function* partsOf(blocks: readonly Buffer[]): Generator<HistoryPart> {
  const decoder = new BlockDecoder()
  for (const block of blocks) {
    const part = decoder.take(block)
    if (part !== undefined) yield part
  }
}

function readOnly(blocks: readonly Buffer[]): void {
  for (const part of partsOf(blocks)) {
    if (part.kind === 'rows') while (part.rows.next() !== undefined);
    if (part.kind === 'stored') while (part.holds.next() !== undefined);
  }
}

function judgedWhole(blocks: readonly Buffer[]): string {
  const judge = new HistoryJudge()
  for (const part of partsOf(blocks)) judge.addPart(part)
  return judge.verdict().verdict
}

function judgedInWindows(blocks: readonly Buffer[]): string {
  const judge = new WindowedJudge({ operationsExpected: OPERATIONS })
  do for (const part of partsOf(blocks)) judge.addPart(part)
  while (!judge.endReading())
  return judge.verdict.verdict
}

function requireValid(verdict: string): void {
  if (verdict !== 'valid') throw new Error(`a legal history was judged ${verdict}`)
}
