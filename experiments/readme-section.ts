/** The part of the README that the published study gives: its answers, and which strategy when. */
import { decisionsOf, decisionTable } from './decision.ts'
import type { Studied } from './studied.ts'

const BEGIN = '<!-- study -->'
const END = '<!-- /study -->'

export function studySection(studied: readonly Studied[]): string {
  const lines =
    studied.length === 0
      ? [
          'No study of this version is published yet. `npm run study` makes one: about 35 minutes, a few for each question.',
        ]
      : [
          ...studied.map(({ experiment, data }) => `- **${experiment.question}** ${experiment.answer(data)}`),
          '',
          ...(decisionsOf(studied).length === 0 ? [] : [...decisionTable(studied), '']),
          'Every figure, its basis and what limits it: [docs/results/study](docs/results/study/README.md).',
        ]
  return [BEGIN, ...lines, END].join('\n')
}

/** The README with its section replaced. Throws if the markers are missing. */
export function withStudySection(readme: string, section: string): string {
  const from = readme.indexOf(BEGIN)
  const until = readme.indexOf(END)
  if (from === -1 || until < from) throw new Error(`the README has no place between ${BEGIN} and ${END}`)
  return readme.slice(0, from) + section + readme.slice(until + END.length)
}
