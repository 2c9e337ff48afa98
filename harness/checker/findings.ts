/** What the rules found: counted all, kept few. */
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'
import type { Envelopes } from './envelopes.ts'
import { type Rule, VIOLATIONS_KEPT_MAX, type Violation } from './verdict.ts'

/** A conviction is read by a person; more holds than this prove nothing more. */
export const HOLDS_NAMED_MAX = 8

/** As many operations as one conviction shows. */
const EVIDENCE_OPERATIONS_MAX = 40

export interface Finding {
  readonly rule: Rule
  readonly kind: Violation['kind']
  /** What sort of breach of the rule: of each sort the first per resource is kept. */
  readonly sort: string
  readonly resource?: number
  readonly tell: () => {
    readonly message: string
    readonly atUs?: number
    /** Hold numbers, the ones in the message first. */
    readonly holds: readonly number[]
    /** Operation numbers to show besides those of the holds; or, where `only`, instead of them. */
    readonly operations?: readonly number[]
    readonly only?: boolean
  }
}

export class Findings {
  readonly violations: Violation[] = []
  total = 0
  overheldUnits = 0
  oversoldUnits = 0
  spuriousRefusals = 0
  readonly #envelopes: Envelopes
  readonly #seen = new Set<string>()

  constructor(envelopes: Envelopes) {
    this.#envelopes = envelopes
  }

  add({ rule, kind, sort, resource, tell }: Finding): void {
    this.total++
    if (this.violations.length >= VIOLATIONS_KEPT_MAX) return
    const key = `${rule} ${kind} ${sort} ${resource ?? ''}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    const { message, atUs, holds, operations = [], only = false } = tell()
    const { history } = this.#envelopes
    const named = holds.slice(0, HOLDS_NAMED_MAX)
    this.violations.push({
      rule,
      kind,
      message,
      ...(resource === undefined ? {} : { resourceId: history.resourceId(resource) }),
      ...(atUs === undefined ? {} : { atUs }),
      holdIds: named.map((hold) => history.holdId(hold)),
      operations: this.#evidence(only ? [] : named, operations),
    })
  }

  /** A moment as a reader counts it: milliseconds since the history's first operation. */
  ms(us: number): string {
    return `${((us - this.#envelopes.history.firstInvokedUs) / 1_000).toFixed(3)} ms`
  }

  holdId(hold: number): HoldId {
    return this.#envelopes.history.holdId(hold)
  }

  resourceId(resource: number): ResourceId {
    return this.#envelopes.history.resourceId(resource)
  }

  #evidence(holds: readonly number[], operations: readonly number[]): Violation['operations'] {
    const { history, operationsOf } = this.#envelopes
    const shown = new Set(operations)
    for (const hold of holds) {
      const end = operationsOf.first[hold + 1] ?? 0
      for (let at = operationsOf.first[hold] ?? 0; at < end; at++) {
        if (shown.size < EVIDENCE_OPERATIONS_MAX) shown.add(operationsOf.members[at] ?? 0)
      }
    }
    return [...shown]
      .sort((a, b) => (history.invokedUs[a] ?? 0) - (history.invokedUs[b] ?? 0) || a - b)
      .map((at) => history.operation(at))
  }
}
