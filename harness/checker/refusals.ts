/**
 * R1 and A: was it true what was said about free units?
 *
 * R1: `sold-out` claims that at some moment of the call fewer units were free than asked for. At every moment the units
 * taken are at most the sum of the upper envelopes of the others, so if that sum leaves enough units throughout the
 * call, the answer was wrong at all of its moments. A refusal may also be a remembered one, since a definite refusal may
 * be final for its id: where the same id was refused or lost before, the refusal may be true of that earlier time, and
 * of any line of the request.
 *
 * A: a read of availability claims that at some moment of the call so many units were free. At every moment the units
 * taken are between the sums of the lower and of the upper envelopes. If the figure fits at no step of the two, it was
 * true at no moment. A figure is never below 0 nor, with nothing taken, above the capacity.
 *
 * `contended` claims nothing and is always legal.
 */
import { Answer } from './columns.ts'
import type { Envelopes } from './envelopes.ts'
import type { Findings } from './findings.ts'
import { count } from './grants.ts'

export function judgeAnswers(envelopes: Envelopes, findings: Findings): void {
  const { history } = envelopes
  const refusalsAreExact = history.header?.refusals !== 'spurious'
  for (let operation = 0; operation < history.count; operation++) {
    const answer = history.answer[operation]
    if (answer === Answer.read) judgeRead(envelopes, findings, operation)
    if (answer !== Answer.soldOut || refusalIsPossible(envelopes, operation)) continue
    findings.spuriousRefusals++
    if (!refusalsAreExact) continue
    const resource = history.detail[operation] ?? 0
    findings.add({
      rule: 'R1',
      kind: 'undersell',
      sort: 'refusal',
      resource,
      tell: () => {
        const hold = history.hold[operation] ?? 0
        const fromUs = history.invokedUs[operation] ?? 0
        const untilUs = history.returnedUs[operation] ?? 0
        const units = history.unitsAsked(operation, resource)
        return {
          message:
            `${history.holdId(hold)} was told that ${history.resourceId(resource)} is sold out, but from ` +
            `${findings.ms(fromUs)} to ${findings.ms(untilUs)} the ${count(units, 'unit')} asked for ` +
            `${units === 1 ? 'was' : 'were'} free.`,
          atUs: fromUs,
          holds: [hold],
          operations: [operation, ...operationsOfOthers(envelopes, { hold, resource, untilUs })],
        }
      },
    })
  }
}

function refusalIsPossible(envelopes: Envelopes, operation: number): boolean {
  const { history, operationsOf } = envelopes
  const hold = history.hold[operation] ?? 0
  const refused = history.detail[operation] ?? 0
  const invokedUs = history.invokedUs[operation] ?? 0
  const untilUs = history.returnedUs[operation] ?? 0
  // A line that was not asked for cannot be sold out; that is rule I's to say.
  if (history.unitsAsked(operation, refused) === 0) return true
  if (wasShort(envelopes, { operation, resource: refused, fromUs: invokedUs, untilUs })) return true

  let refusals = 0
  let fromUs = invokedUs
  const end = operationsOf.first[hold + 1] ?? 0
  for (let at = operationsOf.first[hold] ?? 0; at < end; at++) {
    const other = operationsOf.members[at] ?? 0
    const answer = history.answer[other]
    if (answer !== Answer.soldOut && answer !== Answer.holdUnknown) continue
    refusals++
    fromUs = Math.min(fromUs, history.invokedUs[other] ?? 0)
  }
  if (refusals === 1) return false
  const endLine = history.firstLine[operation + 1] ?? 0
  for (let line = history.firstLine[operation] ?? 0; line < endLine; line++) {
    const resource = history.lineResource[line] ?? 0
    if (wasShort(envelopes, { operation, resource, fromUs, untilUs })) return true
  }
  return false
}

/** Whether at some moment of [fromUs, untilUs) the others may have left too little of `resource`. */
function wasShort(
  envelopes: Envelopes,
  at: {
    readonly operation: number
    readonly resource: number
    readonly fromUs: number
    readonly untilUs: number
  },
): boolean {
  const { history, capacities, possibleSteps: steps, grantedBy, possibleFromUs, possibleUntilUs } = envelopes
  const { operation, resource, fromUs, untilUs } = at
  const hold = history.hold[operation] ?? 0
  const needed = (capacities[resource] ?? 0) - history.unitsAsked(operation, resource) + 1
  const granted = grantedBy[hold] ?? -1
  const ownUnits = granted === -1 ? 0 : history.unitsAsked(granted, resource)
  if (ownUnits === 0 || !((possibleFromUs[hold] ?? 0) < untilUs)) {
    return steps.sometimesAtLeast(resource, needed, { from: steps.at(resource, fromUs), untilUs })
  }
  // The same id may have been granted around this time: what it takes itself does not count against it.
  const end = steps.first[resource + 1] ?? 0
  for (let segment = steps.at(resource, fromUs); segment < end; segment++) {
    const start = steps.fromUs[segment] ?? 0
    if (start >= untilUs) return false
    const own = start >= (possibleFromUs[hold] ?? 0) && start < (possibleUntilUs[hold] ?? 0) ? ownUnits : 0
    if ((steps.units[segment] ?? 0) - own >= needed) return true
  }
  return false
}

/** What the others last did with this resource: the operations that show the units were free. */
function operationsOfOthers(
  { history, possible, operationsOf }: Envelopes,
  about: { readonly hold: number; readonly resource: number; readonly untilUs: number },
): readonly number[] {
  const OTHERS_SHOWN_MAX = 4
  const latest: number[] = []
  for (let at = 0; at < possible.count; at++) {
    const isOther = possible.hold[at] !== about.hold
    if (possible.resource[at] === about.resource && isOther && (possible.startUs[at] ?? 0) < about.untilUs) {
      latest.push(at)
    }
  }
  latest.sort((a, b) => (possible.startUs[b] ?? 0) - (possible.startUs[a] ?? 0) || a - b)
  return latest.slice(0, OTHERS_SHOWN_MAX).flatMap((at) => {
    const other = possible.hold[at] ?? 0
    const members = operationsOf.members.subarray(operationsOf.first[other], operationsOf.first[other + 1])
    return [...members].filter((operation) => (history.invokedUs[operation] ?? 0) < about.untilUs)
  })
}

function judgeRead(envelopes: Envelopes, findings: Findings, operation: number): void {
  const { history, capacities } = envelopes
  const fromUs = history.invokedUs[operation] ?? 0
  const untilUs = history.returnedUs[operation] ?? 0
  const end = history.firstLine[operation + 1] ?? 0
  for (let line = history.firstLine[operation] ?? 0; line < end; line++) {
    const resource = history.lineResource[line] ?? 0
    const units = history.lineUnits[line] ?? 0
    const bounds = freeUnits(envelopes, { resource, units, fromUs, untilUs })
    if (bounds === 'fits') continue
    findings.add({
      rule: 'A',
      kind: units > bounds.most ? 'oversell' : 'undersell',
      sort: 'read',
      resource,
      tell: () => ({
        message:
          `A read said that ${count(units, 'unit')} of ${history.resourceId(resource)} ` +
          `(capacity ${capacities[resource]}) ${units === 1 ? 'was' : 'were'} free, but from ` +
          `${findings.ms(fromUs)} to ${findings.ms(untilUs)} it was ${
            bounds.least === bounds.most
              ? bounds.least
              : `at least ${bounds.least} and at most ${bounds.most}`
          }${units >= bounds.least && units <= bounds.most ? ', and never that many' : ''}.`,
        atUs: fromUs,
        holds: [],
        operations: [operation, ...operationsOfOthers(envelopes, { hold: -1, resource, untilUs })],
      }),
    })
  }
}

/** Whether `units` can have been free at one moment; if not, the least and the most that can have been. */
function freeUnits(
  { capacities, certainSteps, possibleSteps }: Envelopes,
  read: {
    readonly resource: number
    readonly units: number
    readonly fromUs: number
    readonly untilUs: number
  },
): 'fits' | { readonly least: number; readonly most: number } {
  const { resource, units, fromUs, untilUs } = read
  const capacity = capacities[resource] ?? 0
  let certain = certainSteps.at(resource, fromUs)
  let possible = possibleSteps.at(resource, fromUs)
  let leastEver = Number.POSITIVE_INFINITY
  let mostEver = 0
  for (;;) {
    const least = Math.max(0, capacity - (possibleSteps.units[possible] ?? 0))
    const most = Math.max(0, capacity - (certainSteps.units[certain] ?? 0))
    if (least <= units && units <= most) return 'fits'
    leastEver = Math.min(leastEver, least)
    mostEver = Math.max(mostEver, most)
    const certainUntil = certainSteps.until(resource, certain)
    const possibleUntil = possibleSteps.until(resource, possible)
    const next = Math.min(certainUntil, possibleUntil)
    if (next >= untilUs) return { least: leastEver, most: mostEver }
    if (certainUntil === next) certain++
    if (possibleUntil === next) possible++
  }
}
