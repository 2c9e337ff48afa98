/**
 * History in, verdict out. Each rule stands in a file of its own, with the proof that it raises no false alarm:
 * `grants.ts` (O1, O2, V), `refusals.ts` (R1, A), `lives.ts` (L, I), `store.ts` (S); all of them argue from
 * `envelopes.ts`.
 *
 * What makes a history `invalid` is certain. What makes it `valid` is that none of these rules convicts it, and that
 * there was something to convict: a history without operations, without one acknowledged hold or, unless it is waived,
 * without an audit of the store at rest, is `unknown`. So is one that broke off, whatever it shows: an operation that is
 * missing could have explained it.
 */
import type { HistoryRecord } from '../history/record.ts'
import { HistoryColumns } from './columns.ts'
import { envelopes } from './envelopes.ts'
import { Findings } from './findings.ts'
import { judgeGrants } from './grants.ts'
import { judgeLives } from './lives.ts'
import { judgeAnswers } from './refusals.ts'
import { judgeStore } from './store.ts'
import type { Verdict } from './verdict.ts'

export interface JudgeOptions {
  /** A history without an audit of the store at rest is `unknown`, unless this is `false`. */
  readonly requireAudit?: boolean
}

/** Takes a history record by record, in columns, and judges it at the end. */
export class HistoryJudge {
  readonly #history = new HistoryColumns()
  readonly #requireAudit: boolean

  constructor({ requireAudit = true }: JudgeOptions = {}) {
    this.#requireAudit = requireAudit
  }

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

  verdict(): Verdict {
    const history = this.#history
    const shared = {
      operations: history.count,
      unknownOperations: history.unknownCount,
      ...(history.count === 0 ? {} : { firstInvokedUs: history.firstInvokedUs }),
    }
    const flaws =
      history.header === undefined ? [...history.flaws, 'The history has no header.'] : history.flaws
    if (flaws.length > 0) {
      const nothing = {
        violations: [],
        violationsTotal: 0,
        oversoldUnits: 0,
        overheldUnits: 0,
        spuriousRefusals: 0,
      }
      return { verdict: 'unknown', reasons: flaws, ...nothing, ...shared }
    }

    const shape = envelopes(history)
    const findings = new Findings(shape)
    judgeGrants(shape, findings)
    judgeAnswers(shape, findings)
    judgeLives(shape, findings)
    judgeStore(shape, findings)

    const reasons = this.#whyUnknown()
    return {
      verdict: findings.total > 0 ? 'invalid' : reasons.length > 0 ? 'unknown' : 'valid',
      reasons: findings.total > 0 ? [] : reasons,
      violations: findings.violations,
      violationsTotal: findings.total,
      oversoldUnits: findings.oversoldUnits,
      overheldUnits: findings.overheldUnits,
      spuriousRefusals: findings.spuriousRefusals,
      ...shared,
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

/** Judges a whole history. One that throws while it is read broke off, and is `unknown`. */
export function judge(records: Iterable<HistoryRecord>, options: JudgeOptions = {}): Verdict {
  const history = new HistoryJudge(options)
  try {
    for (const record of records) history.add(record)
  } catch (error) {
    history.breakOff(error instanceof Error ? error.message : String(error))
  }
  return history.verdict()
}

/** Likewise for a history that comes in pieces, such as a file. */
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
