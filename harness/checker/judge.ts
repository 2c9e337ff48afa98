/**
 * History in, verdict out. Each rule stands in a file of its own, with the proof that it raises no false
 * alarm: `grants.ts` (O1, O2), `versions.ts` (V), `refusals.ts` (R1), `reads.ts` (A), `lives.ts` (L),
 * `ids.ts` (I) and `store.ts` (S); all of them argue from `envelopes.ts`.
 *
 * What makes a history `invalid` is certain. What makes it `valid` is that it breaks none of these rules,
 * and that there was something to break: a history without operations, without one acknowledged hold or,
 * unless it is waived, without an audit of the store at rest, is `unknown`. So is one that broke off,
 * whatever it shows: an operation that is missing could have explained it.
 */
import type { HistoryHeader, HistoryRecord } from '../history/record.ts'
import { AnswerCode } from './answer-code.ts'
import { byteAt } from './at.ts'
import { HistoryColumns } from './columns.ts'
import { type Envelopes, envelopes } from './envelopes.ts'
import { Findings } from './findings.ts'
import { judgeRoom, judgeSums } from './grants.ts'
import { judgeId } from './ids.ts'
import { LifeJudge } from './lives.ts'
import { judgeRead } from './reads.ts'
import { judgeRefusal } from './refusals.ts'
import { judgeStore } from './store.ts'
import type { Verdict } from './verdict.ts'
import { judgeVersions } from './versions.ts'

export interface JudgeOptions {
  /** A history without an audit of the store at rest is `unknown`, unless this is `false`. */
  readonly requireAudit?: boolean
}

/** The verdict on a history that cannot be judged. */
const NOTHING_FOUND = {
  verdict: 'unknown',
  violations: [],
  violationsTotal: 0,
  oversoldUnits: 0,
  overReservedUnits: 0,
  spuriousRefusals: 0,
} as const

/** Takes a history record by record, in columns, and judges it at the end. */
export class HistoryJudge {
  readonly #history = new HistoryColumns()
  readonly #requireAudit: boolean

  constructor({ requireAudit = true }: JudgeOptions = {}) {
    this.#requireAudit = requireAudit
  }

  /** Takes the next record. The operations may come in any order. */
  add(record: HistoryRecord): void {
    switch (record.type) {
      case 'history':
        this.#history.addHeader(record)
        break
      case 'operation':
        this.#history.addOperation(record)
        break
      case 'audit':
        this.#history.addAudit(record)
        break
      default:
        throw new Error(`no such record: ${JSON.stringify(record satisfies never)}`)
    }
  }

  /** Says that operations are missing, so that nothing can be concluded from the others. */
  breakOff(why: string): void {
    this.#history.flaws.push(`The history broke off after ${this.#history.count} operations: ${why}`)
  }

  /** Judges what was added so far. Nothing may be added afterwards. */
  verdict(): Verdict {
    const history = this.#history
    const counts = {
      operations: history.count,
      unknownOperations: history.unknownCount,
      ...(history.count === 0 ? {} : { firstInvokedUs: history.firstInvokedUs }),
    }
    const { header, flaws } = history
    if (header === undefined) {
      return { ...NOTHING_FOUND, reasons: [...flaws, 'The history has no header.'], ...counts }
    }
    if (flaws.length > 0) return { ...NOTHING_FOUND, reasons: flaws, ...counts }

    const findings = findingsOf(history, header)
    const reasons = findings.total > 0 ? [] : this.#whyUnknown()
    return {
      verdict: findings.total > 0 ? 'invalid' : reasons.length > 0 ? 'unknown' : 'valid',
      reasons,
      violations: findings.violations,
      violationsTotal: findings.total,
      oversoldUnits: findings.oversoldUnits,
      overReservedUnits: findings.overReservedUnits,
      spuriousRefusals: findings.spuriousRefusals,
      ...counts,
    }
  }

  #whyUnknown(): readonly string[] {
    const history = this.#history
    if (history.count === 0) return ['The history has no operations.']
    const reasons: string[] = []
    if (history.unknownCount === history.count) reasons.push('The outcome of every operation is unknown.')
    else if (history.heldCount === 0)
      reasons.push('No hold was acknowledged, so nothing could be sold twice.')
    if (this.#requireAudit && history.audit === undefined) reasons.push('The store was not audited at rest.')
    return reasons
  }
}

/** Applies every rule. */
function findingsOf(history: HistoryColumns, header: HistoryHeader): Findings {
  const shared = envelopes(history, header)
  const findings = new Findings(shared)
  judgeSums(shared, findings)
  judgeRoom(shared, findings)
  judgeVersions(shared, findings)
  judgeAnswers(shared, findings)
  judgeHolds(shared, findings)
  judgeStore(shared, findings)
  return findings
}

/** What single answers claim about free units: R1 and A. */
function judgeAnswers(shared: Envelopes, findings: Findings): void {
  const { history } = shared
  for (let operation = 0; operation < history.count; operation++) {
    const answer = byteAt(history.answer, operation)
    if (answer === AnswerCode.read) judgeRead(shared, findings, operation)
    else if (answer === AnswerCode.soldOut) judgeRefusal(shared, findings, operation)
  }
}

/** What is said about single holds: L and I. */
function judgeHolds(shared: Envelopes, findings: Findings): void {
  const lives = new LifeJudge(shared, findings)
  for (let hold = 0; hold < shared.history.holdCount; hold++) {
    lives.judge(hold)
    judgeId(shared, findings, hold)
  }
}

/**
 * Judges a whole history. If reading it throws, the history broke off and the verdict is `unknown`; nothing
 * is thrown.
 */
export function judge(records: Iterable<HistoryRecord>, options: JudgeOptions = {}): Verdict {
  const history = new HistoryJudge(options)
  try {
    for (const record of records) history.add(record)
  } catch (error) {
    history.breakOff(error instanceof Error ? error.message : String(error))
  }
  return history.verdict()
}

/** As `judge`, for a history that is read piece by piece, such as a file. */
export async function judgeStream(
  records: AsyncIterable<HistoryRecord>,
  options: JudgeOptions = {},
): Promise<Verdict> {
  const history = new HistoryJudge(options)
  try {
    for await (const record of records) history.add(record)
  } catch (error) {
    history.breakOff(error instanceof Error ? error.message : String(error))
  }
  return history.verdict()
}
