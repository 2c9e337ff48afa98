/** A drawing in words, for a screen reader. */
import type { Event } from '../schedule-run.ts'
import { nameOf } from '../transcript.ts'
import type { Lane } from './lanes.ts'
import type { Overtaken } from './overtaken.ts'
import type { DrawnEvents } from './rows.ts'
import { answerTold, happeningTold, statementOf, wrongTold } from './words.ts'

const STATEMENT_LETTERS = 160
const ANSWER_LETTERS = 80

export function described({
  events,
  lanes,
  overtaken,
  owners,
  wrong,
}: DrawnEvents & { readonly lanes: readonly Lane[] }): string {
  const steps = [...new Set(events.map(({ step }) => step))].toSorted((one, other) => one - other)
  const before = lanes.flatMap((lane) => changesAt(lane, 0))
  const asked = new Map<number, string>()
  const wordsOf = (event: Event): string | undefined => {
    const { kind, client, step, text } = event
    const name = nameOf(client)
    switch (kind) {
      case 'asks':
        asked.set(client, text)
        return `Step ${step}, ${name}: ${statementOf(event, STATEMENT_LETTERS)}`
      case 'answers': {
        const told = answerTold(text, ANSWER_LETTERS, asked.get(client))
        return told === undefined ? undefined : `answer to ${name}: ${told}`
      }
      case 'waits':
        return `${name} ${text}`
      case 'ends':
        return `${name}, ${text}`
      case 'happens':
        return `Step ${step}: ${happeningTold(text, owners)}`
      case 'begins':
        return undefined
    }
  }
  const told = steps.flatMap((step) => [
    ...events.filter((event) => event.step === step).flatMap((event) => wordsOf(event) ?? []),
    ...overtaken.filter((each) => each.step === step).map(overtakenWords),
    ...lanes.flatMap((lane) => changesAt(lane, step)),
  ])
  const verdict = wrong === undefined ? 'Nothing is sold twice.' : wrongTold(wrong, owners)
  return [...before, ...told].map((words) => `${words}. `).join('') + verdict
}

function changesAt({ title, cells, locks }: Lane, step: number): readonly string[] {
  return [
    ...locks.flatMap(({ client, from }) => (from === step ? [`${nameOf(client)} has ${title} locked`] : [])),
    ...cells.flatMap(({ from, lines }) => (from === step ? [`${title}: ${lines.join(' ')}`] : [])),
  ]
}

function overtakenWords({ kind, client, read }: Overtaken): string {
  return kind === 'stale'
    ? `what ${nameOf(client)} read (${read}) is stale now`
    : `${nameOf(client)} is paused`
}
