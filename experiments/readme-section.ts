/** The part of the README that the published study gives: its answers, and which strategy when. */
import type { FaultCell } from '../harness/results/faults.ts'
import { decisionMatrix } from './decision-table.ts'
import { findingsOf } from './findings.ts'
import { answerOf, type Studied } from './studied.ts'

const BEGIN = '<!-- study -->'
const END = '<!-- /study -->'

export function studySection(studied: readonly Studied[], faults: readonly FaultCell[] = []): string {
  const lines =
    studied.length === 0
      ? [
          'No study of this version is published yet. `npm run study` makes one: about half an hour, a few minutes for each question.',
        ]
      : [
          ...findingLines(studied),
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

/** What contradicts expectations comes first. */
function findingLines(studied: readonly Studied[]): readonly string[] {
  const findings = findingsOf(studied)
  return findings.length === 0
    ? []
    : [
        'What contradicts what was predicted or claimed comes first, then the largest difference:',
        '',
        ...findings.map((sentence, at) => `${at + 1}. ${sentence}`),
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
