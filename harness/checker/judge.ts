/**
 * History in, verdict out. Each rule has its own file, with the proof that it raises no false alarm:
 * `grants.ts` (O1), `room.ts` and `room-by-version.ts` (O2), `versions.ts` (V), `version-order.ts` (W),
 * `refusals.ts` (R1), `reads.ts` (A), `lives.ts` (L, B), `ids.ts` (I), `deadlines.ts` (T, D), `store.ts` (S)
 * and, for small parts, `explanation.ts` (X); all of them are based on `envelopes.ts`.
 *
 * A history is `invalid` only by certain facts. It is `valid` if it breaks none of these rules and could have
 * broken them: a history without operations, without one acknowledged hold or, unless it is waived, without
 * an audit of the store at rest, is `unknown`. A history that broke off is also `unknown`, whatever it shows:
 * a missing operation could have explained it. So is one that is invalid only because of a jump of the
 * engine's clock.
 */
import { AnswerCode } from '../history/answer-code.ts'
import { FieldError } from '../history/fields.ts'
import { TooManyNamesError } from '../history/names.ts'
import type { HistoryPart } from '../history/part.ts'
import type { HistoryHeader, HistoryRecord } from '../history/record.ts'
import { RecordChecker } from '../history/record-checker.ts'
import { byteAt } from './at.ts'
import { jumpOf, withoutClock } from './clock-jump.ts'
import { HistoryColumns } from './columns.ts'
import { judgeDeadline } from './deadlines.ts'
import { type Envelopes, envelopes } from './envelopes.ts'
import { judgeExplanation } from './explanation.ts'
import { Findings } from './findings.ts'
import { flawsOf } from './flaws.ts'
import { judgeSums } from './grants.ts'
import { judgeId } from './ids.ts'
import { LifeJudge } from './lives.ts'
import { judgeRead } from './reads.ts'
import { judgeRefusal } from './refusals.ts'
import { judgeRoom } from './room.ts'
import { judgeRoomByVersion } from './room-by-version.ts'
import { type JudgePart, smallestPart } from './shrink.ts'
import { judgeStore } from './store.ts'
import type { Verdict } from './verdict.ts'
import { judgeVersionOrder } from './version-order.ts'
import { judgeVersions } from './versions.ts'

export interface JudgeOptions {
  /**
   * A history without an audit of the store at rest is `unknown`, unless this is `false`; or `if-sealed`, and
   * the history is of the older format, which has no seal.
   */
  readonly requireAudit?: boolean | 'if-sealed'
  /** How many different holds, and resources, are told apart at most; by default as many as can be. */
  readonly namesMax?: number | undefined
}

/** Of this format, nothing is missing. */
const SEALED = 2

/** The verdict on a history that cannot be judged, without its reasons and figures. */
export const NOTHING_FOUND = {
  verdict: 'unknown',
  violations: [],
  violationsTotal: 0,
  oversoldUnits: 0,
  overReservedUnits: 0,
  spuriousRefusals: 0,
} as const

/** Takes a history record by record, in columns, and judges it at the end. */
export class HistoryJudge {
  readonly #history: HistoryColumns
  readonly #requireAudit: boolean | 'if-sealed'
  #isFull: boolean = false

  constructor({ requireAudit = true, namesMax }: JudgeOptions = {}) {
    this.#requireAudit = requireAudit
    this.#history = new HistoryColumns(namesMax)
  }

  /** Takes the next record, whose fields are not checked. The operations may come in any order. */
  add(record: HistoryRecord): void {
    this.#unlessFull(() => this.#add(record))
  }

  /**
   * Takes the next part of a history that is read from a file, whole. Throws a `HistoryFormatError` if it is
   * malformed.
   */
  addPart(part: HistoryPart): void {
    if (part.kind === 'record') this.add(part.record)
    else this.#unlessFull(() => this.#addRows(part))
  }

  #unlessFull(add: () => void): void {
    if (this.#isFull) return
    try {
      add()
    } catch (error) {
      if (!(error instanceof TooManyNamesError)) throw error
      this.#isFull = true
      this.breakOff(error.message)
    }
  }

  #addRows(part: Exclude<HistoryPart, { readonly kind: 'record' }>): void {
    const history = this.#history
    switch (part.kind) {
      case 'rows': {
        const { rows } = part
        history.beginRows(rows.ids)
        for (let kind = rows.next(); kind !== undefined; kind = rows.next()) {
          if (kind === 'operation') history.addRow(rows.row)
          else if (rows.clock !== undefined) history.clockReadings.push(rows.clock)
        }
        break
      }
      case 'stored':
        history.addStored(part.holds)
        break
      case 'audit':
        history.endAudit(part.audit)
        break
      default:
        throw new Error(`no such part: ${JSON.stringify(part satisfies never)}`)
    }
  }

  #add(record: HistoryRecord): void {
    switch (record.type) {
      case 'history':
        this.#history.addHeader(record)
        break
      case 'operation':
        this.#history.addOperation(record)
        break
      case 'clock':
        this.#history.clockReadings.push(record)
        break
      case 'audit':
        this.#history.addAudit(record)
        break
      default:
        throw new Error(`no such record: ${JSON.stringify(record satisfies never)}`)
    }
  }

  /** Notes that operations are missing, so that nothing can be concluded from the others. */
  breakOff(why: string): void {
    this.#history.flaws.push(`The history broke off after ${this.#history.count} operations: ${why}`)
  }

  /** Judges what was added so far. Nothing may be added afterwards. */
  verdict(): Verdict {
    const history = this.#history
    const counts = countsOf(history)
    const { header } = history
    const flaws = flawsOf(history)
    if (header === undefined) {
      return { ...NOTHING_FOUND, reasons: [...flaws, 'The history has no header.'], ...counts }
    }
    if (flaws.length > 0) return { ...NOTHING_FOUND, reasons: flaws, ...counts }
    return verdictOn(judgedColumns(history, header), {
      ...counts,
      heldCount: history.heldCount,
      isAudited: history.audit !== undefined || !requiresAudit(this.#requireAudit, header),
    })
  }
}

export function requiresAudit(required: boolean | 'if-sealed', { format }: HistoryHeader): boolean {
  return required === 'if-sealed' ? format === SEALED : required
}

/** The figures of a history that every verdict has. */
export function countsOf({
  count,
  unknownCount,
  firstInvokedUs,
}: Pick<HistoryColumns, 'count' | 'unknownCount' | 'firstInvokedUs'>): Pick<
  Verdict,
  'operations' | 'unknownOperations' | 'firstInvokedUs'
> {
  return {
    operations: count,
    unknownOperations: unknownCount,
    ...(count === 0 ? {} : { firstInvokedUs }),
  }
}

/** What the rules find in a history, or in a part of it. */
export interface FoundByRules
  extends Pick<
    Verdict,
    'violations' | 'violationsTotal' | 'smallest' | 'oversoldUnits' | 'overReservedUnits' | 'spuriousRefusals'
  > {
  /**
   * Why it is unknown if nothing was found: only its clock convicts, a search gave up, or a line may be lost.
   */
  readonly doubt: readonly string[]
}

/** Judges complete columns. Nothing may be added to them afterwards. */
export function judgedColumns(history: HistoryColumns, header: HistoryHeader): FoundByRules {
  history.settle()
  const { shared, findings, doubt } = judgedByClock(history, header)
  const [first] = findings.violations
  const smallest = first === undefined ? undefined : smallestPart(shared, first, judgedPart(history))
  const { violations, total, oversoldUnits, overReservedUnits, spuriousRefusals, maybeLost } = findings
  return {
    violations,
    ...(smallest !== undefined && { smallest }),
    violationsTotal: total,
    oversoldUnits,
    overReservedUnits,
    spuriousRefusals,
    doubt: [
      ...doubt,
      ...(maybeLost === undefined
        ? []
        : [`${maybeLost} This history has no seal, so the line that would explain it may be lost.`]),
    ],
  }
}

interface HistoryFacts extends Pick<Verdict, 'operations' | 'unknownOperations' | 'firstInvokedUs'> {
  /** How many requests were answered `held`. */
  readonly heldCount: number
  /** Whether the store was audited at rest, or need not be. */
  readonly isAudited: boolean
}

/** The verdict on a history in which this was found. */
export function verdictOn({ doubt, ...found }: FoundByRules, facts: HistoryFacts): Verdict {
  const { heldCount, isAudited, ...counts } = facts
  const isInvalid = found.violationsTotal > 0
  const reasons = isInvalid ? [] : whyUnknown(doubt, facts)
  return {
    verdict: isInvalid ? 'invalid' : reasons.length > 0 ? 'unknown' : 'valid',
    reasons,
    ...found,
    ...counts,
  }
}

function whyUnknown(doubt: readonly string[], facts: HistoryFacts): readonly string[] {
  const { operations, unknownOperations, heldCount, isAudited } = facts
  if (operations === 0) return ['The history has no operations.']
  const reasons = [...doubt]
  if (unknownOperations === operations) reasons.push('The outcome of every operation is unknown.')
  else if (heldCount === 0) reasons.push('No hold was acknowledged, so nothing could be sold twice.')
  if (!isAudited) reasons.push('The store was not audited at rest.')
  return reasons
}

interface Judged {
  readonly shared: Envelopes
  readonly findings: Findings
  /** Only the clock convicts, or a search gave up. */
  readonly doubt: readonly string[]
}

/** If the engine's clock jumped, only findings that do not depend on it are kept. */
function judgedByClock(history: HistoryColumns, header: HistoryHeader): Judged {
  const shared = envelopes(history, header)
  const findings = findingsOf(shared)
  const undecided = findings.total > 0 ? [] : judgeExplanation(shared, findings)
  const jump = findings.total > 0 ? jumpOf(history, header) : undefined
  if (jump === undefined) return { shared, findings, doubt: undecided }
  const timeless = envelopes(history, withoutClock(header))
  const certain = findingsOf(timeless)
  if (certain.total === 0) judgeExplanation(timeless, certain)
  const [first] = findings.violations
  const doubt = certain.total > 0 || first === undefined ? [] : [`${jump} ${first.message}`]
  return { shared: timeless, findings: certain, doubt }
}

/** Applies every rule. */
function findingsOf(shared: Envelopes): Findings {
  const findings = new Findings(shared)
  judgeSums(shared, findings)
  judgeRoom(shared, findings)
  judgeRoomByVersion(shared, findings)
  judgeVersions(shared, findings)
  judgeVersionOrder(shared, findings)
  judgeAnswers(shared, findings)
  judgeHolds(shared, findings)
  judgeStore(shared, findings)
  return findings
}

/** Judges parts of a history, each on its own. */
function judgedPart({ firstInvokedUs }: HistoryColumns): JudgePart {
  return ({ header, operations, audit }) => {
    const part = new HistoryColumns()
    part.originUs = firstInvokedUs
    part.addHeader(header)
    for (const operation of operations) part.addOperation(operation)
    if (audit !== undefined) part.addAudit(audit)
    return findingsOf(envelopes(part, header)).violations
  }
}

/** The rules about free units in single answers: R1 and A. */
function judgeAnswers(shared: Envelopes, findings: Findings): void {
  const { history } = shared
  for (let operation = 0; operation < history.count; operation++) {
    const answer = byteAt(history.answer, operation)
    if (answer === AnswerCode.read) judgeRead(shared, findings, operation)
    else if (answer === AnswerCode.soldOut) judgeRefusal(shared, findings, operation)
  }
}

/** The rules about single holds: L, B, I, T and D. */
function judgeHolds(shared: Envelopes, findings: Findings): void {
  const lives = new LifeJudge(shared, findings)
  for (let hold = 0; hold < shared.history.holdCount; hold++) {
    lives.judge(hold)
    judgeId(shared, findings, hold)
    judgeDeadline(shared, findings, hold)
  }
}

/**
 * Judges a whole history. If reading it throws, or a record does not match `record.ts`, the history broke off
 * and the verdict is `unknown`; nothing is thrown.
 */
export function judge(records: Iterable<HistoryRecord>, options: JudgeOptions = {}): Verdict {
  const history = new CheckedJudge(options)
  try {
    for (const record of records) history.add(record)
  } catch (error) {
    history.breakOff(error)
  }
  return history.verdict()
}

/** As `judge`, for a history that is read piece by piece, such as a file. */
export async function judgeStream(
  records: AsyncIterable<HistoryRecord>,
  options: JudgeOptions = {},
): Promise<Verdict> {
  const history = new CheckedJudge(options)
  try {
    for await (const record of records) history.add(record)
  } catch (error) {
    history.breakOff(error)
  }
  return history.verdict()
}

/** A judge that checks every record. */
class CheckedJudge {
  readonly #judge: HistoryJudge
  readonly #checker = new RecordChecker()
  #added = 0

  constructor(options: JudgeOptions) {
    this.#judge = new HistoryJudge(options)
  }

  /** Throws if the record is not valid. */
  add(record: unknown): void {
    this.#added++
    try {
      this.#judge.add(this.#checker.check(record))
    } catch (error) {
      if (!(error instanceof FieldError)) throw error
      throw new Error(`Record ${this.#added} ${error.message}.`, { cause: error })
    }
  }

  breakOff(error: unknown): void {
    this.#judge.breakOff(error instanceof Error ? error.message : String(error))
  }

  verdict(): Verdict {
    return this.#judge.verdict()
  }
}
