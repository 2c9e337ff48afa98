/**
 * A long history in, the same verdict out as from `HistoryJudge`, without keeping the history: it is read
 * more than once instead.
 *
 * First it is swept in windows (`sweep.ts`), which shows which resources break no rule. If all do, that is
 * the verdict. Otherwise the history is read again, and the suspects are judged as a whole, by the very
 * function that judges a whole history, with nothing else of it: no rule looks beyond the resources that
 * holds connect. So are the parts that are small enough for the search of rule X. What does not fit is judged
 * in several groups, and then the violations come in the order of the groups.
 *
 * Memory: a window, 8 to 14 bytes for each id, and at most `operationsMax` operations for a group. If a
 * suspect alone is larger than that, or the history cannot be judged in windows and is larger, the verdict is
 * unknown and says so.
 */
import type { HistoryPart } from '../../history/part.ts'
import type { HistoryHeader, HistoryRecord } from '../../history/record.ts'
import {
  countsOf,
  type FoundByRules,
  HistoryJudge,
  type JudgeOptions,
  judgedColumns,
  NOTHING_FOUND,
  requiresAudit,
  verdictOn,
} from '../judge.ts'
import { type Verdict, VIOLATIONS_KEPT_MAX } from '../verdict.ts'
import { type Pass, passAudit } from './pass.ts'
import { CollectPass, MembersPass, SuspiciousIdsPass, SweepPass } from './passes.ts'
import { groupsOf, type PartGroup } from './selection.ts'
import { Survey } from './survey.ts'
import { Sweep } from './sweep.ts'

/** Histories of this format have nothing missing. Of an older one, a lost line could explain anything. */
const COMPLETE = 2

export interface WindowOptions extends Pick<JudgeOptions, 'requireAudit'> {
  /** The most operations that are judged at once; 8 million by default, which take 1.6 GiB. */
  readonly operationsMax?: number
  /** How many operations a window has at least. */
  readonly windowMin?: number
  /** About how many operations there are: 100 million by default. */
  readonly operationsExpected?: number
}

const OPERATIONS_MAX = 8_000_000
const WINDOW_MIN = 2 ** 17
/** How many holds share one of the sums by which the store is compared. */
const OPERATIONS_OF_SUM = 6
const SUM_BITS_MAX = 24
const OPERATIONS_EXPECTED = 100_000_000

const NONE_FOUND: FoundByRules = {
  violations: [],
  violationsTotal: 0,
  oversoldUnits: 0,
  overReservedUnits: 0,
  spuriousRefusals: 0,
  doubt: [],
}

/** What the history is read for. */
type Step =
  | { readonly kind: 'sweep'; readonly pass?: SweepPass }
  | { readonly kind: 'ids'; readonly pass: SuspiciousIdsPass }
  | { readonly kind: 'members'; readonly pass: MembersPass; readonly group: PartGroup }
  | { readonly kind: 'collect'; readonly pass: CollectPass; readonly group: PartGroup }
  | { readonly kind: 'whole'; readonly judge: HistoryJudge }
  | { readonly kind: 'done'; readonly verdict: Verdict }

/**
 * Takes the parts of a history, as often as it asks for them:
 * `do { for (part of history) judge.addPart(part) } while (!judge.endReading())`.
 */
export class WindowedJudge {
  readonly #requireAudit: boolean | 'if-sealed'
  readonly #operationsMax: number
  readonly #windowMin: number
  readonly #sumBits: number
  #survey: Survey | undefined
  #step: Step = { kind: 'sweep' }
  #brokenOff: string | undefined
  #groups: readonly PartGroup[] = []
  #found: FoundByRules = NONE_FOUND

  constructor({
    requireAudit = true,
    operationsMax = OPERATIONS_MAX,
    windowMin = WINDOW_MIN,
    operationsExpected = OPERATIONS_EXPECTED,
  }: WindowOptions = {}) {
    this.#requireAudit = requireAudit
    this.#operationsMax = operationsMax
    this.#windowMin = windowMin
    const bits = Math.ceil(Math.log2(operationsExpected / OPERATIONS_OF_SUM))
    this.#sumBits = Math.max(0, Math.min(SUM_BITS_MAX, bits))
  }

  /** The next part of the history. Throws a `HistoryFormatError` if it is malformed. */
  addPart(part: HistoryPart): void {
    const step = this.#step
    if (step.kind === 'whole') step.judge.addPart(part)
    else if (part.kind === 'record') this.#addRecord(part.record)
    else if (step.kind !== 'done') this.#addRows(part, passOf(step))
  }

  /** Notes, in place of the next part, that the rest of the history is missing. */
  breakOff(why: string): void {
    if (this.#step.kind === 'whole') this.#step.judge.breakOff(why)
    else this.#brokenOff = why
  }

  /**
   * To be called when the history was read to its end. False if it must be read again, from its beginning.
   */
  endReading(): boolean {
    this.#step = this.#next()
    return this.#step.kind === 'done'
  }

  /** Throws if the history must be read again. */
  get verdict(): Verdict {
    if (this.#step.kind !== 'done') throw new Error('the history must be read again')
    return this.#step.verdict
  }

  #addRecord(record: HistoryRecord): void {
    switch (record.type) {
      case 'history':
        if (this.#step.kind === 'sweep') this.#begin(record)
        break
      case 'audit':
        if (this.#survey !== undefined && this.#step.kind !== 'done' && this.#step.kind !== 'whole') {
          passAudit(passOf(this.#step), record, this.#survey.resources)
        }
        break
      default: // operations and readings of the clock come as rows
        throw new Error(`a history in parts has no record of its own for: ${record.type}`)
    }
  }

  #begin(header: HistoryHeader): void {
    if (this.#survey !== undefined) {
      this.#survey.mustBeWhole('it has two headers')
      return
    }
    const survey = new Survey(header, this.#sumBits)
    if (header.format !== COMPLETE) survey.mustBeWhole('it has no seal')
    const sweep = new Sweep(survey, { windowMin: this.#windowMin, openMax: this.#operationsMax })
    this.#survey = survey
    this.#step = { kind: 'sweep', pass: new SweepPass(survey, sweep) }
  }

  #addRows(part: Exclude<HistoryPart, { readonly kind: 'record' }>, pass: Pass): void {
    switch (part.kind) {
      case 'rows': {
        const { rows } = part
        pass.beginRows(rows.ids)
        for (let kind = rows.next(); kind !== undefined; kind = rows.next()) {
          if (kind === 'operation') pass.operation(rows.row, rows.ids)
          else if (rows.clock !== undefined) pass.clock(rows.clock)
        }
        break
      }
      case 'stored': {
        const { holds } = part
        pass.beginStored(holds.ids)
        for (let row = holds.next(); row !== undefined; row = holds.next()) pass.stored(row, holds.ids)
        break
      }
      case 'audit':
        pass.audit(part.audit)
        break
      default:
        throw new Error(`no such part: ${JSON.stringify(part satisfies never)}`)
    }
  }

  #next(): Step {
    const survey = this.#survey
    const step = this.#step
    if (step.kind === 'whole') return { kind: 'done', verdict: step.judge.verdict() }
    if (survey === undefined) return { kind: 'whole', judge: this.#wholeJudge() }
    switch (step.kind) {
      case 'sweep':
        step.pass?.end()
        return this.#afterSweep(survey)
      case 'ids':
        return this.#afterIds(survey)
      case 'members':
        return {
          kind: 'collect',
          group: step.group,
          pass: new CollectPass(survey, step.group, step.pass.members),
        }
      case 'collect':
        this.#found = together(this.#found, judgedColumns(step.pass.history, survey.header))
        survey.countedAgain(step.group.resources)
        return this.#nextGroup(survey)
      case 'done':
        return step
      default:
        throw new Error(`no such step: ${JSON.stringify(step satisfies never)}`)
    }
  }

  #wholeJudge(): HistoryJudge {
    return new HistoryJudge({ requireAudit: this.#requireAudit })
  }

  #afterSweep(survey: Survey): Step {
    if (survey.unitsTotal > Number.MAX_SAFE_INTEGER) survey.mustBeWhole('its units are too many to be summed')
    if (survey.whole !== undefined) return this.#whole(survey, survey.whole)
    if (this.#brokenOff !== undefined) {
      const reason = `The history broke off after ${survey.count} operations: ${this.#brokenOff}`
      return this.#unknown(survey, reason)
    }
    if (survey.suspiciousIds.size > 0 || !survey.isAllStoredRight) {
      return { kind: 'ids', pass: new SuspiciousIdsPass(survey) }
    }
    return this.#afterIds(survey)
  }

  #afterIds(survey: Survey): Step {
    if (survey.whole !== undefined) return this.#whole(survey, survey.whole)
    const groups = groupsOf(survey, this.#operationsMax)
    if (typeof groups === 'string') return this.#unknown(survey, groups)
    this.#groups = groups
    return this.#nextGroup(survey)
  }

  /** Groups without suspects are searched only if no rule convicts, as in a whole history. */
  #nextGroup(survey: Survey): Step {
    const [group, ...rest] = this.#groups
    this.#groups = rest
    if (group !== undefined && (group.hasSuspects || this.#found.violationsTotal === 0)) {
      return { kind: 'members', group, pass: new MembersPass(group) }
    }
    return { kind: 'done', verdict: this.#verdictOn(survey) }
  }

  #verdictOn(survey: Survey): Verdict {
    let { spuriousRefusals } = this.#found
    for (const refusals of survey.spurious) spuriousRefusals += refusals
    const isStoreRead = survey.audit !== undefined && survey.audit.isStoreRead !== false
    return verdictOn(
      { ...this.#found, spuriousRefusals },
      {
        ...countsOf(survey),
        heldCount: survey.heldCount,
        isAudited: isStoreRead || !requiresAudit(this.#requireAudit, survey.header),
      },
    )
  }

  #whole(survey: Survey, why: string): Step {
    if (survey.count <= this.#operationsMax) return { kind: 'whole', judge: this.#wholeJudge() }
    const reason =
      `The history cannot be judged in windows, since ${why}; and its ${survey.count} operations are more than the ` +
      `${this.#operationsMax} that are judged at once.`
    return this.#unknown(survey, reason)
  }

  #unknown(survey: Survey, reason: string): Step {
    return { kind: 'done', verdict: { ...NOTHING_FOUND, reasons: [reason], ...countsOf(survey) } }
  }
}

function passOf(step: Exclude<Step, { readonly kind: 'whole' | 'done' }>): Pass {
  if (step.pass === undefined) throw new Error('a history begins with its header')
  return step.pass
}

/** What was found in two groups. */
function together(one: FoundByRules, other: FoundByRules): FoundByRules {
  const smallest = one.violationsTotal === 0 ? other.smallest : one.smallest
  return {
    violations: [...one.violations, ...other.violations].slice(0, VIOLATIONS_KEPT_MAX),
    ...(smallest !== undefined && { smallest }),
    violationsTotal: one.violationsTotal + other.violationsTotal,
    oversoldUnits: one.oversoldUnits + other.oversoldUnits,
    overReservedUnits: one.overReservedUnits + other.overReservedUnits,
    spuriousRefusals: one.spuriousRefusals + other.spuriousRefusals,
    doubt: [...one.doubt, ...other.doubt],
  }
}

/**
 * Judges a long history that can be read more than once. `cutBy`: what is wrong with an error that says that
 * the rest of the history is missing; throws any other.
 */
export async function judgeInWindows(
  read: () => AsyncIterable<HistoryPart>,
  { cutBy, ...options }: WindowOptions & { readonly cutBy: (error: unknown) => string },
): Promise<Verdict> {
  const judge = new WindowedJudge(options)
  do {
    try {
      for await (const part of read()) judge.addPart(part)
    } catch (error) {
      judge.breakOff(cutBy(error))
    }
  } while (!judge.endReading())
  return judge.verdict
}
