/**
 * X: is there any order at all in which a small history can have been granted, confirmed, released, refused
 * and read?
 *
 * If no other rule convicts, every part of the history that is small enough is searched (`search.ts`, with
 * the proof that it raises no false alarm): resources that holds connect; which holds of them were held,
 * confirmed, released or gone; and what is stored. A part with more resources, callers, operations or unknown
 * outcomes is judged by the other rules alone. If the search gives up, nothing is proved, and the history is
 * unknown.
 *
 * Grants are ordered by versions in one search and dated by deadlines in another, since a technique may take
 * units before it decides on the deadline: both must find an order.
 *
 * A part that has an explanation is searched once more with its refusals and reads, which R1 and A judge one
 * by one: is there an order in which all of them were true? If that search gives up, R1 and A have decided.
 *
 * Not searched: a history from which a line may be lost, which could have explained it.
 */
import type { Envelopes } from './envelopes.ts'
import { type Findings, HOLDS_NAMED_MAX } from './findings.ts'
import { type Explained, isExplained, STATES_MAX } from './search.ts'
import { byDeadline, byVersion, type SearchProblem, searchProblems } from './search-problem.ts'
import type { Violation } from './verdict.ts'

/** X. Returns why the history is unknown, if it is. */
export function judgeExplanation(envelopes: Envelopes, findings: Findings): readonly string[] {
  if (envelopes.header.format === 1) return []
  const doubt: string[] = []
  for (const problem of searchProblems(envelopes)) {
    const explained = isGrantable(problem)
    if (explained === 'yes') judgeObservations(envelopes, findings, problem)
    if (explained === 'no') {
      report(envelopes, findings, problem, {
        kind: kindOf(problem),
        impossible: 'explains what was held, confirmed, released and called gone',
      })
    }
    if (explained === 'gave-up') {
      doubt.push(
        `Whether any order of the calls about ${resourceNames(envelopes, problem)} explains their answers was ` +
          `not found out within ${STATES_MAX} tries.`,
      )
    }
  }
  return findings.total > 0 ? [] : doubt
}

/** By versions and by deadlines, each for itself. `no` is certain, whatever the other search finds. */
function isGrantable(problem: SearchProblem): Explained {
  const first = isExplained(byVersion(problem))
  if (first === 'no') return 'no'
  const second = isExplained(byDeadline(problem))
  return second === 'yes' ? first : second
}

function judgeObservations(envelopes: Envelopes, findings: Findings, problem: SearchProblem): void {
  const { observations } = problem
  if (observations.length === 0 || isExplained(problem) !== 'no') return
  const refusals = observations.filter((each) => each.isRefusal)
  const isRefusal = refusals.length > 0 && isExplained({ ...problem, observations: refusals }) === 'no'
  report(envelopes, findings, problem, {
    kind: isRefusal ? 'undersell' : 'broken-promise',
    impossible: `makes ${isRefusal ? 'all refusals' : 'all refusals and all figures that were read'} true`,
  })
}

/** `impossible`: what no order of the calls does. */
function report(
  envelopes: Envelopes,
  findings: Findings,
  problem: SearchProblem,
  { kind, impossible }: { readonly kind: Violation['kind']; readonly impossible: string },
): void {
  findings.add({
    rule: 'X',
    kind,
    sort: 'explanation',
    ...(problem.resources[0] !== undefined && { resource: problem.resources[0] }),
    explain: () => ({
      message: `No order of the ${problem.steps.length} calls about ${resourceNames(envelopes, problem)} ${impossible}.`,
      holds: problem.holds.slice(0, HOLDS_NAMED_MAX).map(({ hold }) => hold),
    }),
  })
}

function resourceNames({ history }: Envelopes, { resources }: SearchProblem): string {
  return resources.map((resource) => history.resourceId(resource)).join(', ')
}

/** It is an oversell if all of it would be possible with more units. */
function kindOf(problem: SearchProblem): Violation['kind'] {
  const capacities = problem.capacities.map(() => Number.POSITIVE_INFINITY)
  return isGrantable({ ...problem, capacities }) === 'yes' ? 'oversell' : 'broken-promise'
}
