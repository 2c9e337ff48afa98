/** The result of checking a history. */
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'
import type { Operation } from '../history/record.ts'

/**
 * The rules, by the names used in reports.
 * - O1: at some moment more units were certainly held or sold than the resource has.
 * - O2: a hold was granted, although there was no room for it at any moment at which it can have been
 *   granted.
 * - R1: sold out was answered although, throughout the call, enough units were certainly free.
 * - L: one hold's own life is contradictory (confirmed and released, confirmed after its deadline, gone too
 *   early, ...).
 * - B: a repeated release, after an acknowledged one, got another answer.
 * - T: a deadline is not the time to live after any moment at which the hold can have been granted.
 * - I: one id, two payloads or two effects (two deadlines, two versions).
 * - V: two changes of one resource have the same version.
 * - W: versions, or versions and time, put one hold both before and after another.
 * - A: a read of availability was not true at any moment of the call.
 * - S: the store at rest contradicts what was acknowledged, or itself.
 * - X: no order of effects explains what was granted, confirmed, released, refused and read, in a part small
 *   enough to try.
 * - D: the store at rest has another deadline than the one that was answered.
 */
export type Rule = 'O1' | 'O2' | 'R1' | 'L' | 'B' | 'T' | 'I' | 'V' | 'W' | 'A' | 'S' | 'D' | 'X'

/** The number of violations that a person reads; the rest are only counted. */
export const VIOLATIONS_KEPT_MAX = 50

/** One way in which a history breaks a rule, with the evidence. */
export interface Violation {
  readonly rule: Rule
  /** Its meaning for a buyer. */
  readonly kind: 'oversell' | 'undersell' | 'broken-promise'
  /** One sentence with the figures. */
  readonly message: string
  readonly resourceId?: ResourceId
  /** The moment, if the rule has one: microseconds on the history's clock. */
  readonly atUs?: number
  /** The holds that collide, the ones named in `message` first. */
  readonly holdIds: readonly HoldId[]
  /** The operations that prove it, by invocation time. */
  readonly operations: readonly Operation[]
}

/** What the checker concludes from one history. */
export interface Verdict {
  /** `unknown` is never a pass: nothing was observed, or what was observed does not decide. */
  readonly verdict: 'valid' | 'invalid' | 'unknown'
  /** Why, when `unknown`: one sentence each. Empty otherwise. */
  readonly reasons: readonly string[]
  /** The first of each kind and resource, at most `VIOLATIONS_KEPT_MAX`. */
  readonly violations: readonly Violation[]
  /**
   * The first of them alone: the smallest part of the history that proves it. Absent if that is not smaller.
   */
  readonly smallest?: Violation
  /** How many violations there are, kept or not. */
  readonly violationsTotal: number
  /** Sum over resources of the most units certainly sold beyond capacity (hard). */
  readonly oversoldUnits: number
  /**
   * Sum over resources of the most units certainly held or sold at one moment beyond capacity (hard and
   * soft).
   */
  readonly overReservedUnits: number
  /** Refusals that were certainly wrong. A violation only if the strategy promises exact refusals. */
  readonly spuriousRefusals: number
  /** How many operations the history has. */
  readonly operations: number
  /** How many of them have an unknown outcome. */
  readonly unknownOperations: number
  /**
   * The first invocation, in microseconds: messages count their milliseconds from here. Absent without
   * operations.
   */
  readonly firstInvokedUs?: number
}
