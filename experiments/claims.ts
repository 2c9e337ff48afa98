/** Every claim of the documents: with the experiment that tests it, or with the condition that is missing. */
import { type Claim, type Judgement, SOURCES } from './experiment.ts'
import type { Studied } from './studied.ts'

/** Claims whose conditions no experiment can make yet. */
export interface UntestedClaim extends Claim {
  readonly lacks: readonly string[]
}

export const untested: readonly UntestedClaim[] = []

const OUTCOMES: Readonly<Record<Judgement['outcome'], string>> = {
  holds: 'holds here',
  'does-not-hold': 'does not hold here',
  'in-part': 'holds in part',
  'not-measured': 'not measured',
}

/** A table of Markdown. */
export function claimRows(studied: readonly Studied[]): readonly string[] {
  const tested = studied.flatMap(({ experiment, data }) =>
    experiment.claims.map(({ source, claim, lacks = [], judge }) => {
      const { outcome, measured } = judge(data)
      return [claim, SOURCES[source], OUTCOMES[outcome], measured, lacks.join('; ') || '–', experiment.name]
    }),
  )
  const open = untested.map(({ source, claim, lacks }) => [
    claim,
    SOURCES[source],
    OUTCOMES['not-measured'],
    '–',
    lacks.join('; '),
    '–',
  ])
  const head = ['claim', 'source', 'outcome', 'measured', 'conditions not made', 'experiment']
  return [head, head.map(() => '---'), ...tested, ...open].map((cells) => `| ${cells.join(' | ')} |`)
}
