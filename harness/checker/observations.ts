/**
 * What refusals and reads say about the free units of a part of a history that is searched. Both claim that a
 * figure was true at some moment of the call, and change nothing.
 */
import { AnswerCode } from '../history/answer-code.ts'
import { byteAt, doubleAt, intAt } from './at.ts'
import type { Envelopes } from './envelopes.ts'
import { possibleRefusals } from './refusals.ts'

/** True of a moment at which, of one of these resources, at least and at most so many units are free. */
export interface Observation {
  readonly isRefusal: boolean
  /** A hold whose own units count as free; -1 for none. Holds and resources are numbers of the history. */
  readonly hold: number
  readonly anyOf: readonly {
    readonly resource: number
    readonly least: number
    readonly most: number
  }[]
  readonly fromUs: number
  readonly untilUs: number
}

/** None, if the operation is neither a refusal that must be exact nor a read. */
export function observationsOf(envelopes: Envelopes, operation: number): readonly Observation[] {
  const { history, header } = envelopes
  switch (byteAt(history.answer, operation)) {
    case AnswerCode.soldOut:
      return header.refusals === 'exact' ? [refusalOf(envelopes, operation)] : []
    case AnswerCode.read:
      return readsOf(envelopes, operation)
    default:
      return []
  }
}

/** A refusal may be a remembered one: then it is true of an earlier time, and of any line (rule R1). */
function refusalOf(envelopes: Envelopes, operation: number): Observation {
  const { history } = envelopes
  const hold = intAt(history.hold, operation)
  const invokedUs = doubleAt(history.invokedUs, operation)
  const { count, fromUs } = possibleRefusals(envelopes, hold)
  const isRemembered = count > 1
  const refused = intAt(history.detail, operation)
  const lines = linesOf(envelopes, operation)
  return {
    isRefusal: true,
    hold,
    anyOf: lines
      .filter(({ resource }) => isRemembered || resource === refused)
      .map(({ resource, units }) => ({ resource, least: Number.NEGATIVE_INFINITY, most: units - 1 })),
    fromUs: isRemembered ? Math.min(invokedUs, fromUs) : invokedUs,
    untilUs: doubleAt(history.returnedUs, operation),
  }
}

/** Each figure of a read may be true of another moment. A figure is never below 0. */
function readsOf(envelopes: Envelopes, operation: number): readonly Observation[] {
  const { history } = envelopes
  return linesOf(envelopes, operation).map(({ resource, units }) => ({
    isRefusal: false,
    hold: -1,
    anyOf: [{ resource, least: units === 0 ? Number.NEGATIVE_INFINITY : units, most: units }],
    fromUs: doubleAt(history.invokedUs, operation),
    untilUs: doubleAt(history.returnedUs, operation),
  }))
}

function linesOf({ history }: Envelopes, operation: number) {
  const lines: { readonly resource: number; readonly units: number }[] = []
  for (let line = history.lineStart(operation); line < history.lineEnd(operation); line++) {
    lines.push({
      resource: intAt(history.lineResource, line),
      units: doubleAt(history.lineUnits, line),
    })
  }
  return lines
}
