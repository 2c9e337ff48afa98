/**
 * Reads the operations of a long history once, in windows, and finds out which resources must be looked at
 * again: all others break no rule, and nothing of them is kept but what they sold.
 *
 * A window holds the operations since the last cut, and those before it that still matter (`cut.ts`). Rules
 * are the same functions that judge a whole history, on what the cut lets them judge for good. Everything in
 * doubt makes its resource a suspect, which costs time and is never a finding by itself:
 *
 * - what a rule finds, and refusals that are only counted if they are wrong;
 * - a call of unknown outcome: what became of it may be shown by the audit, which comes last;
 * - an id that comes again after it has left the windows, unless all that comes is a `gone` that must be
 *   true;
 * - a call that was invoked before the last horizon, and so was read too late;
 * - a version that is not newer than those that have left the windows.
 *
 * What must be stored is added up by id (`stored-sums.ts`), and so is what resources holds connect.
 */
import { AnswerCode } from '../../history/answer-code.ts'
import type { OperationRow, RowIds } from '../../history/operation-row.ts'
import { byteAt, doubleAt, intAt } from '../at.ts'
import { HistoryColumns } from '../columns.ts'
import { grainMs } from '../deadline-grain.ts'
import { judgeDeadline } from '../deadlines.ts'
import { type Envelopes, envelopes } from '../envelopes.ts'
import { isExceededBefore } from '../grants.ts'
import { judgeId } from '../ids.ts'
import { LifeJudge } from '../lives.ts'
import { judgeRead } from '../reads.ts'
import { judgeRefusal } from '../refusals.ts'
import { judgeRoomOf } from '../room.ts'
import { judgeRoomByVersion } from '../room-by-version.ts'
import { isSearched, isUnknown } from '../search-problem.ts'
import { judgeVersionOrder } from '../version-order.ts'
import { judgeVersions } from '../versions.ts'
import { CallOrder } from './call-order.ts'
import { isJudgedAlone, Judged, WindowCut } from './cut.ts'
import { Fate } from './seen-ids.ts'
import { LineSum, Stored } from './stored-sums.ts'
import type { Survey } from './survey.ts'
import { Suspicions } from './suspicions.ts'

/** A window grows with what it takes over, so that this is copied a limited number of times. */
const TAKEN_OVER_TIMES = 3
/** Loops over all resources must not cost more than those over the window. */
const OPERATIONS_PER_RESOURCE = 0.25

/** How far behind the last return the horizon is, in calls as long as the longest so far; and at most. */
const LONGEST_TIMES = 2
const BEHIND_US_MAX = 5_000_000
const BEHIND_US_MIN = 1_000

export class Sweep {
  readonly #survey: Survey
  readonly #windowMin: number
  readonly #openMax: number
  readonly #clients = new CallOrder()
  #window: HistoryColumns
  /** How many operations of the window were taken over from the one before. */
  #takenOver = 0
  /** By hold that was taken over: bits of `Judged`, and what became of it. */
  #judged = new Uint8Array(0)
  #fates = new Uint8Array(0)
  /** By operation that was taken over: 1 for a refusal or read that is judged. */
  #isOperationJudged = new Uint8Array(0)
  /** Operations of the window whose holds, or resources, are suspects. */
  #odd: number[] = []
  #horizonUs = Number.NEGATIVE_INFINITY
  #newestUs = Number.NEGATIVE_INFINITY
  #longestUs = 0
  #disorderUs = 0
  readonly #fingerprint = new Uint32Array(2)
  readonly #lines = new LineSum()

  /** `openMax`: more operations than this are not kept in a window. */
  constructor(
    survey: Survey,
    { windowMin, openMax }: { readonly windowMin: number; readonly openMax: number },
  ) {
    this.#survey = survey
    this.#windowMin = windowMin
    this.#openMax = openMax
    this.#window = this.#newWindow()
  }

  beginRows(ids: RowIds): void {
    this.#window.beginRows(ids)
  }

  /** Takes the next operation of the block of rows that was begun with these ids. */
  add(row: OperationRow, ids: RowIds): void {
    const window = this.#window
    const at = window.count
    window.addRow(row)
    this.#follow(window, at)
    if (window.count - this.#takenOver < this.#limit) return
    this.#cut(false)
    this.#window.beginRows(ids)
  }

  /** To be called after the last operation. */
  end(): void {
    this.#cut(true)
  }

  get #limit(): number {
    const wanted = Math.max(
      TAKEN_OVER_TIMES * this.#takenOver,
      OPERATIONS_PER_RESOURCE * this.#survey.resourceCount,
    )
    return Math.max(this.#windowMin, Math.min(wanted, this.#openMax - this.#takenOver))
  }

  #newWindow(): HistoryColumns {
    const window = new HistoryColumns(undefined, this.#survey.resources)
    window.header = this.#survey.header
    window.soldBefore = this.#survey.soldBefore
    return window
  }

  #follow(window: HistoryColumns, at: number): void {
    const survey = this.#survey
    const invokedUs = doubleAt(window.invokedUs, at)
    const returnedUs = doubleAt(window.returnedUs, at)
    if (!this.#clients.isApart(window.process.at(at), invokedUs, returnedUs)) {
      survey.mustBeWhole('the calls of a client are not in their order')
    }
    if (returnedUs > survey.lastReturnedUs) survey.lastReturnedUs = returnedUs
    const answer = byteAt(window.answer, at)
    if (isUnknown(answer)) {
      this.#odd.push(at)
      return
    }
    if (answer === AnswerCode.readUnknown) return
    if (answer === AnswerCode.held) {
      survey.clockGrainMs = Math.min(survey.clockGrainMs, grainMs(doubleAt(window.deadlineMs, at)))
    }
    if (returnedUs > this.#newestUs) this.#newestUs = returnedUs
    else if (this.#newestUs - returnedUs > this.#disorderUs) this.#disorderUs = this.#newestUs - returnedUs
    if (returnedUs - invokedUs > this.#longestUs) this.#longestUs = returnedUs - invokedUs
    if (invokedUs < this.#horizonUs || this.#isAboutDone(intAt(window.hold, at), answer)) this.#odd.push(at)
  }

  /** Whether something is answered about a hold that is done, other than a `gone` that must be true. */
  #isAboutDone(hold: number, answer: number): boolean {
    if (hold === -1 || hold >= this.#judged.length) return false
    if ((byteAt(this.#judged, hold) & Judged.life) === 0) return false
    const isGone = answer === AnswerCode.confirmGone || answer === AnswerCode.releaseGone
    return !isGone || !mayBeGone(byteAt(this.#fates, hold), answer === AnswerCode.releaseGone)
  }

  #cut(isLast: boolean): void {
    const window = this.#window
    const survey = this.#survey
    survey.count += window.count - this.#takenOver
    survey.unknownCount += window.unknownCount
    survey.heldCount += window.heldCount
    survey.unitsTotal += window.unitsTotal
    if (window.firstInvokedUs < survey.firstInvokedUs) survey.firstInvokedUs = window.firstInvokedUs
    window.firstInvokedUs = survey.firstInvokedUs
    if (survey.whole === undefined) {
      const cut = new WindowCut(envelopes(window, survey.header), isLast ? Infinity : this.#readUntilUs)
      const judged = grown(this.#judged, window.holdCount)
      const isOperationJudged = grown(this.#isOperationJudged, window.count)
      this.#suspectOdd(cut.envelopes)
      this.#judge(cut, judged, isOperationJudged)
      this.#takeOver(cut, judged, isOperationJudged)
      this.#horizonUs = cut.horizonUs
      if (this.#takenOver > this.#openMax) {
        survey.mustBeWhole(`${this.#takenOver} operations are about holds that are live at one moment`)
      }
    } else this.#window = this.#newWindow()
    if (survey.whole !== undefined) this.#dropAll()
    this.#odd = []
  }

  get #readUntilUs(): number {
    const behindUs = BEHIND_US_MIN + LONGEST_TIMES * (this.#longestUs + this.#disorderUs)
    return this.#newestUs - Math.min(behindUs, BEHIND_US_MAX)
  }

  /** Only counts from now on. */
  #dropAll(): void {
    this.#window = this.#newWindow()
    this.#takenOver = 0
    this.#judged = new Uint8Array(0)
    this.#isOperationJudged = new Uint8Array(0)
  }

  #suspectOdd({ history }: Envelopes): void {
    const { components } = this.#survey
    for (const operation of this.#odd) {
      const hold = intAt(history.hold, operation)
      const end = history.lineEnd(operation)
      for (let line = history.lineStart(operation); line < end; line++) {
        components.suspect(intAt(history.lineResource, line))
      }
      if (hold !== -1) this.#suspectId(history, hold, isUnknown(byteAt(history.answer, operation)))
    }
  }

  #suspectId(history: HistoryColumns, hold: number, isUnknownOutcome = false): void {
    const { suspiciousIds, unknownIds } = this.#survey
    history.fingerprint(hold, this.#fingerprint)
    suspiciousIds.add(this.#fingerprint)
    if (isUnknownOutcome) unknownIds.add(this.#fingerprint)
    if (suspiciousIds.isFull) this.#survey.mustBeWhole('too many ids must be looked at again')
  }

  #judge(cut: WindowCut, judged: Uint8Array, isOperationJudged: Uint8Array): void {
    const { envelopes: shared } = cut
    const { history } = shared
    const { components, sentences, spurious, resourceCount } = this.#survey
    const suspicions = new Suspicions(shared, sentences, {
      resource: (resource) => components.suspect(resource),
      hold: (hold) => this.#suspectId(history, hold),
    })
    const isDue = new Uint8Array(judged.length)
    for (let hold = 0; hold < judged.length; hold++) {
      if (byteAt(judged, hold) !== 0 || !cut.isProven(hold)) continue
      isDue[hold] = 1
      judged[hold] = Judged.room
      judgeRoomOf(shared, suspicions, hold)
      this.#compareVersions(shared, hold)
    }
    judgeRoomByVersion(shared, suspicions, (hold) => byteAt(isDue, hold) === 1)
    judgeVersions(shared, suspicions)
    judgeVersionOrder(shared, suspicions)
    for (let resource = 0; resource < resourceCount; resource++) {
      if (isExceededBefore(shared, resource, cut.horizonUs)) components.suspect(resource)
    }
    for (let operation = 0; operation < history.count; operation++) {
      if (byteAt(isOperationJudged, operation) === 1 || !isJudgedAlone(history, operation)) continue
      if (!cut.hasReturned(operation)) continue
      isOperationJudged[operation] = 1
      if (byteAt(history.answer, operation) === AnswerCode.read) {
        judgeRead(shared, suspicions, operation)
        this.#countRead(history, operation)
        continue
      }
      const before = suspicions.spuriousRefusals
      judgeRefusal(shared, suspicions, operation)
      const resource = intAt(history.detail, operation)
      spurious[resource] = doubleAt(spurious, resource) + suspicions.spuriousRefusals - before
    }
    const lives = new LifeJudge(shared, suspicions)
    for (let hold = 0; hold < judged.length; hold++) {
      if ((byteAt(judged, hold) & Judged.life) !== 0 || !cut.isDone(hold)) continue
      judged[hold] = byteAt(judged, hold) | Judged.room | Judged.life
      lives.judge(hold)
      judgeId(shared, suspicions, hold)
      judgeDeadline(shared, suspicions, hold)
      this.#connect(shared, hold)
    }
  }

  /** A version that is not newer than those that left the windows: then the order of grants is in doubt. */
  #compareVersions({ history, grantedBy }: Envelopes, hold: number): void {
    const { newestVersion, components } = this.#survey
    const granted = intAt(grantedBy, hold)
    const end = history.lineEnd(granted)
    for (let line = history.lineStart(granted); line < end; line++) {
      const resource = intAt(history.lineResource, line)
      if (doubleAt(history.lineVersion, line) <= doubleAt(newestVersion, resource))
        components.suspect(resource)
    }
  }

  #countRead(history: HistoryColumns, operation: number): void {
    const end = history.lineEnd(operation)
    for (let line = history.lineStart(operation); line < end; line++) {
      this.#survey.components.count(intAt(history.lineResource, line), { operations: 1, calls: 0 })
    }
  }

  /** Connects the resources that a hold was requested on, and counts its operations. */
  #connect({ history, operationsOf }: Envelopes, hold: number): void {
    const { components } = this.#survey
    let first = -1
    let calls = 0
    const start = operationsOf.start(hold)
    const end = operationsOf.end(hold)
    for (let at = start; at < end; at++) {
      const operation = operationsOf.member(at)
      if (isSearched(byteAt(history.answer, operation))) calls++
      const lineEnd = history.lineEnd(operation)
      for (let line = history.lineStart(operation); line < lineEnd; line++) {
        const resource = intAt(history.lineResource, line)
        if (first === -1) first = resource
        else if (resource !== first) components.connect(first, resource)
      }
    }
    if (first !== -1) components.count(first, { operations: end - start, calls })
  }

  /** Begins the next window with what still matters, and takes leave of the rest. */
  #takeOver(cut: WindowCut, judged: Uint8Array, isOperationJudged: Uint8Array): void {
    const { history } = cut.envelopes
    const fromUs = cut.keepFromUs(judged, isOperationJudged)
    const stays = new Uint8Array(judged.length)
    for (let hold = 0; hold < judged.length; hold++) {
      const isOpen = (byteAt(judged, hold) & Judged.life) === 0
      if (isOpen || cut.isNeededFrom(hold, fromUs)) stays[hold] = 1
      else this.#retire(cut, hold)
    }
    const next = this.#newWindow()
    const nextJudged = new Uint8Array(judged.length)
    const nextFates = new Uint8Array(judged.length)
    const nextOperationJudged = new Uint8Array(history.count)
    for (let operation = 0; operation < history.count; operation++) {
      const hold = intAt(history.hold, operation)
      const isDropped =
        hold === -1 ? isReadOver(history, operation, isOperationJudged) : byteAt(stays, hold) === 0
      if (isDropped) continue
      const at = next.count
      next.addFrom(history, operation)
      nextOperationJudged[at] = byteAt(isOperationJudged, operation)
      if (hold === -1) continue
      const nextHold = intAt(next.hold, at)
      nextJudged[nextHold] = byteAt(judged, hold)
      nextFates[nextHold] = cut.fateOf(hold)
    }
    this.#takenOver = next.count
    this.#judged = nextJudged.slice(0, next.holdCount)
    this.#fates = nextFates.slice(0, next.holdCount)
    this.#isOperationJudged = nextOperationJudged.slice(0, next.count)
    this.#window = next
  }

  /** Keeps of a hold what it sold, its version, that its id was there, and how it must be stored. */
  #retire(cut: WindowCut, hold: number): void {
    const { history, grantedBy } = cut.envelopes
    const { seen, suspiciousIds, sums, soldBefore, newestVersion } = this.#survey
    const fate = cut.fateOf(hold)
    history.fingerprint(hold, this.#fingerprint)
    const before = seen.add(this.#fingerprint, fate)
    if (before !== -1 && !(cut.isOnlyGone(hold) && mayBeGone(before, cut.wasReleaseGone(hold)))) {
      suspiciousIds.add(this.#fingerprint)
    }
    const granted = intAt(grantedBy, hold)
    if (granted === -1) return
    const lines = this.#lines
    lines.clear()
    const end = history.lineEnd(granted)
    for (let line = history.lineStart(granted); line < end; line++) {
      const resource = intAt(history.lineResource, line)
      const units = doubleAt(history.lineUnits, line)
      const version = doubleAt(history.lineVersion, line)
      lines.add(resource, units)
      if (version > doubleAt(newestVersion, resource)) newestVersion[resource] = version
      if (fate === Fate.sold) soldBefore[resource] = doubleAt(soldBefore, resource) + units
    }
    if (cut.isUnknown(hold)) return
    const stored = fate === Fate.sold ? Stored.sold : fate === Fate.released ? Stored.released : Stored.unsold
    sums.add(this.#fingerprint, stored, lines, doubleAt(history.deadlineMs, granted))
  }
}

/** Whether `gone`, later, cannot but be true of a hold of which this became. */
function mayBeGone(fate: number, isRelease: boolean): boolean {
  switch (fate) {
    case Fate.expired:
    case Fate.refused:
    case Fate.stray:
      return true
    case Fate.released:
      return !isRelease
    default:
      return false
  }
}

/** Whether nothing more is judged of a read. */
function isReadOver(history: HistoryColumns, operation: number, isJudged: Uint8Array): boolean {
  return byteAt(history.answer, operation) !== AnswerCode.read || byteAt(isJudged, operation) === 1
}

function grown(bytes: Uint8Array, size: number): Uint8Array {
  const larger = new Uint8Array(size)
  larger.set(bytes.subarray(0, size))
  return larger
}
