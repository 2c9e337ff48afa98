/** Collects what the rules find: counts everything, keeps a few. */
import type { Operation } from '../history/record.ts'
import { doubleAt } from './at.ts'
import type { Envelopes } from './envelopes.ts'
import { operationAt } from './rebuild.ts'
import { type Rule, VIOLATIONS_KEPT_MAX, type Violation } from './verdict.ts'

/** A violation is read by a person; more holds than this prove nothing more. */
export const HOLDS_NAMED_MAX = 8

/** The most operations that one violation shows. */
const EVIDENCE_OPERATIONS_MAX = 40

/** What a rule reports. It becomes a `Violation` only if it is kept. */
export interface Breach {
  readonly rule: Rule
  readonly kind: Violation['kind']
  /** The way in which the rule is broken: the first of each per resource is kept. */
  readonly sort: string
  /** The resource number, if the breach is about one resource. */
  readonly resource?: number
  /** Whether a request that is missing from the history would explain it. */
  readonly maybeLost?: boolean
  /**
   * Called only if the breach is kept, because most histories that are invalid break the same rule many
   * times.
   */
  readonly explain: () => Explanation
}

/** What a reader sees of a breach. */
interface Explanation {
  /** One sentence with the figures. */
  readonly message: string
  /** The moment, if there is one: microseconds on the history's clock. */
  readonly atUs?: number
  /** Hold numbers, those in the message first. */
  readonly holds: readonly number[]
  /** Operation numbers to show besides those of the holds. */
  readonly operations?: readonly number[]
}

/** What was found in one history. */
export class Findings {
  /** The first of each kind and resource, at most `VIOLATIONS_KEPT_MAX`. */
  readonly violations: Violation[] = []
  /** How many breaches were added, kept or not. */
  total = 0
  /** The first breach that a lost line would explain, if the history has no seal against lost lines. */
  maybeLost: string | undefined
  overReservedUnits = 0
  oversoldUnits = 0
  spuriousRefusals = 0
  readonly #envelopes: Envelopes
  readonly #seen = new Set<string>()

  constructor(envelopes: Envelopes) {
    this.#envelopes = envelopes
  }

  add({ rule, kind, sort, resource, maybeLost = false, explain }: Breach): void {
    if (maybeLost && this.#envelopes.header.format === 1) {
      this.maybeLost ??= explain().message
      return
    }
    this.total++
    if (this.violations.length >= VIOLATIONS_KEPT_MAX) return
    const key = `${rule} ${kind} ${sort} ${resource ?? ''}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    const { message, atUs, holds, operations = [] } = explain()
    const { history } = this.#envelopes
    const named = holds.slice(0, HOLDS_NAMED_MAX)
    this.violations.push({
      rule,
      kind,
      message,
      ...(resource === undefined ? {} : { resourceId: history.resourceId(resource) }),
      // As it was recorded: an invocation is kept a little later than that.
      ...(atUs === undefined ? {} : { atUs: Math.floor(atUs) }),
      holdIds: named.map((hold) => history.holdId(hold)),
      operations: this.#evidence(named, operations),
    })
  }

  /**
   * Microseconds on the history's clock, as text for a reader: milliseconds since the history's first
   * operation.
   */
  ms(us: number): string {
    const { originUs, firstInvokedUs } = this.#envelopes.history
    return `${((us - (originUs ?? firstInvokedUs)) / 1_000).toFixed(3)} ms`
  }

  /** The given operations and those of the holds, by invocation time. */
  #evidence(holds: readonly number[], operations: readonly number[]): readonly Operation[] {
    const { history, operationsOf } = this.#envelopes
    const shown = new Set(operations)
    for (const hold of holds) {
      for (const operation of operationsOf.membersOf(hold)) {
        if (shown.size < EVIDENCE_OPERATIONS_MAX) shown.add(operation)
      }
    }
    return [...shown]
      .sort((a, b) => doubleAt(history.invokedUs, a) - doubleAt(history.invokedUs, b) || a - b)
      .map((operation) => operationAt(history, operation))
  }
}
