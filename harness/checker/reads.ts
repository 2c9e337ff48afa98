/**
 * A: was the reported number of free units true?
 *
 * A read of availability claims that at some moment of the call this many units were free. At every moment
 * the units taken are between the sums of the lower and of the upper envelopes. If the figure fits at no step
 * of the two, it was true at no moment. A figure is never below 0 nor, with nothing taken, above the
 * capacity.
 */
import { doubleAt, intAt } from './at.ts'
import type { Envelopes } from './envelopes.ts'
import type { Findings } from './findings.ts'
import { operationsOfOthers } from './others.ts'
import { plural } from './plural.ts'

/** The figure for one resource in a read that lasted from `fromUs` to `untilUs`. */
interface ReadFigure {
  readonly operation: number
  readonly resource: number
  readonly units: number
  readonly fromUs: number
  readonly untilUs: number
}

/** The least and the most units that can have been free at any moment of a read. */
interface FreeUnits {
  readonly least: number
  readonly most: number
}

/** A, for each figure of one read that was answered. */
export function judgeRead(envelopes: Envelopes, findings: Findings, operation: number): void {
  const { history } = envelopes
  const fromUs = doubleAt(history.invokedUs, operation)
  const untilUs = doubleAt(history.returnedUs, operation)
  const end = history.lineEnd(operation)
  for (let line = history.lineStart(operation); line < end; line++) {
    const resource = intAt(history.lineResource, line)
    if (!history.isJudged(resource)) continue
    const figure = { operation, resource, units: doubleAt(history.lineUnits, line), fromUs, untilUs }
    const free = freeUnits(envelopes, figure)
    if (free === 'fits') continue
    findings.add({
      rule: 'A',
      kind: figure.units > free.most ? 'oversell' : 'undersell',
      sort: 'read',
      resource,
      explain: () => explainRead(envelopes, findings, figure, free),
    })
  }
}

function explainRead(envelopes: Envelopes, findings: Findings, figure: ReadFigure, free: FreeUnits) {
  const { history, capacities } = envelopes
  const { operation, resource, units, fromUs, untilUs } = figure
  const { least, most } = free
  const range = least === most ? `${least}` : `at least ${least} and at most ${most}`
  const never = units >= least && units <= most ? ', and never that many' : ''
  return {
    message:
      `A read said that ${plural(units, 'unit')} of ${history.resourceId(resource)} ` +
      `(capacity ${doubleAt(capacities, resource)}) ${units === 1 ? 'was' : 'were'} free, but from ` +
      `${findings.ms(fromUs)} to ${findings.ms(untilUs)} it was ${range}${never}.`,
    atUs: fromUs,
    holds: [],
    operations: [operation, ...operationsOfOthers(envelopes, { hold: -1, resource, untilUs })],
  }
}

/** Whether the figure can have been true at one moment; if not, how many units can have been free. */
function freeUnits(
  { capacities, certainSteps, possibleSteps }: Envelopes,
  { resource, units, fromUs, untilUs }: ReadFigure,
): 'fits' | FreeUnits {
  const capacity = doubleAt(capacities, resource)
  let certain = certainSteps.at(resource, fromUs)
  let possible = possibleSteps.at(resource, fromUs)
  let leastEver = Number.POSITIVE_INFINITY
  let mostEver = 0
  for (;;) {
    const least = Math.max(0, capacity - possibleSteps.units(possible))
    const most = Math.max(0, capacity - certainSteps.units(certain))
    if (least <= units && units <= most) return 'fits'
    leastEver = Math.min(leastEver, least)
    mostEver = Math.max(mostEver, most)
    const certainUntilUs = certainSteps.untilUs(resource, certain)
    const possibleUntilUs = possibleSteps.untilUs(resource, possible)
    const nextUs = Math.min(certainUntilUs, possibleUntilUs)
    if (nextUs >= untilUs) return { least: leastEver, most: mostEver }
    if (certainUntilUs === nextUs) certain++
    if (possibleUntilUs === nextUs) possible++
  }
}
