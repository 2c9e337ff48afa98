/** The first page: a picture, what nobody expected, and where to go. */
import { findingsOf } from '../../experiments/findings.ts'
import { exampleDiagrams } from '../../harness/explore/example-diagrams.ts'
import { formatCount } from '../../harness/report/format.ts'
import { registry } from '../../strategies/registry.ts'
import { pageOf, type SitePage } from './page.ts'
import { anchorOf, type Published } from './strategy-page.ts'

const PICTURE = 'double-booking'

interface Parts {
  readonly hasLessons: boolean
}

/** Throws if the drawing of the double booking is gone. */
export function homePage({ studied, grid, reference }: Published, { hasLessons }: Parts): SitePage {
  const drawn = exampleDiagrams.find(({ name }) => name === PICTURE)
  if (drawn === undefined) throw new Error(`there is no drawing ${PICTURE}`)
  const findings = findingsOf(studied).map((each) => linkedToQuestions(each, studied))
  const { explorations = [], trials } = reference
  const schedules = explorations.reduce((sum, each) => sum + each.schedules, 0)
  const holds = trials.reduce((sum, { counts }) => sum + counts.held, 0)
  const tried = grid.rows.flatMap(({ cells }) => cells).filter(({ kind }) => kind === 'found').length
  return pageOf('index.md', 'Holdfast', [
    '# How do you sell a seat only once?',
    '',
    `Holdfast puts ${registry.length} usual answers behind one interface, runs the same workloads against each on real engines, and proves from the recorded history what was sold twice, and by which two buyers.`,
    '',
    '- [**Be the scheduler**](./files/scheduler.html){target="_self"}: make it sell twice yourself ([how it was recorded](./be-the-scheduler.md))',
    ...(hasLessons
      ? ['- [**Lessons**](./lessons/index.md): the questions of a design interview, one by one']
      : []),
    '- [**Which strategy, when**](./which-strategy.md): the simplest that suffices, with its figures',
    '- [**Faults**](./faults.md): what each strategy does while something breaks',
    '- [**Strategies**](./strategies/index.md): how each works, and where it is weak',
    '',
    `## ${drawn.title}`,
    '',
    `![${drawn.title}](./pictures/${PICTURE}.svg)`,
    '',
    '[More pictures](./pictures.md): each technique at work.',
    '',
    ...(findings.length === 0
      ? []
      : [
          '## What nobody expected, and what differs most',
          '',
          ...findings.map((each, at) => `${at + 1}. ${each}`),
          '',
        ]),
    '## What it rests on',
    '',
    `- ${formatCount(schedules)} interleavings, each run on the real engines ([every interleaving](./strategies/index.md))`,
    `- ${formatCount(holds)} holds judged in the published tour`,
    `- ${formatCount(studied.length)} [questions](./study.md), answered by measurement`,
    `- ${formatCount(tried)} pairs of a fault and a strategy, [tried](./faults.md)`,
  ])
}

/** A finding names its experiment, whose question is a heading of the study. */
function linkedToQuestions(finding: string, studied: Published['studied']): string {
  return finding.replaceAll(/\[([\w-]+)\]\(docs\/results\/study\/README\.md\)/g, (_, name: string) => {
    const question = studied.find(({ experiment }) => experiment.name === name)?.experiment.question
    return `[${name}](./study.md${question === undefined ? '' : `#${anchorOf(question)}`})`
  })
}
