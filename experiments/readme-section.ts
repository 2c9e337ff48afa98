/** The part of the README that the published study gives: its answers, and which strategy when. */
import type { FaultCell } from '../harness/results/faults.ts'
import { decisionMatrix } from './decision-table.ts'
import { answerOf, type Studied } from './studied.ts'
import { surprisesOf } from './surprises.ts'

const BEGIN = '<!-- study -->'
const END = '<!-- /study -->'

export function studySection(studied: readonly Studied[], faults: readonly FaultCell[] = []): string {
  const lines =
    studied.length === 0
      ? [
          'No study of this version is published yet. `npm run study` makes one: about half an hour, a few minutes for each question.',
        ]
      : [
          ...surpriseLines(studied),
          ...decisionMatrix(studied, faults),
          '',
          `<details><summary>All ${studied.length} questions, answered</summary>`,
          '',
          ...studied.map(
            ({ experiment, data }) => `- **${experiment.question}** ${answerOf(experiment, data)}`,
          ),
          '',
          '</details>',
          '',
          'Every figure, its basis and what limits it: [docs/results/study](docs/results/study/README.md).',
        ]
  return [BEGIN, ...lines, END].join('\n')
}

/** What surprised comes first. */
function surpriseLines(studied: readonly Studied[]): readonly string[] {
  const surprises = surprisesOf(studied)
  return surprises.length === 0
    ? []
    : [
        'What surprised most, by the size of the contradiction to what was predicted:',
        '',
        ...surprises.map((sentence, at) => `${at + 1}. ${sentence}`),
        '',
        'The simplest strategy that suffices, with what it gives:',
        '',
      ]
}

/** The README with its section replaced. Throws if the markers are missing. */
export function withStudySection(readme: string, section: string): string {
  const from = readme.indexOf(BEGIN)
  const until = readme.indexOf(END)
  if (from === -1 || until < from) throw new Error(`the README has no place between ${BEGIN} and ${END}`)
  return readme.slice(0, from) + section + readme.slice(until + END.length)
}
