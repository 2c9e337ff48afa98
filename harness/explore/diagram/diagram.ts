/**
 * A schedule as a sequence diagram: a lifeline for each client and each store, each statement with its
 * answer, a band for waiting, and a line across at the moment when a unit is sold twice. One SVG document,
 * readable on light and dark backgrounds and by a screen reader.
 */
import { brief } from '../../engines/wording.ts'
import { escaped } from '../../report/page/html.ts'
import { condense } from '../condense.ts'
import type { Scenario } from '../scenario.ts'
import { formatSchedule, type Schedule } from '../schedule.ts'
import type { Event } from '../schedule-run.ts'
import { nameOf, type Wrong } from '../transcript.ts'
import { columnsOf, HEAD, LINE, lifeline, MARGIN } from './columns.ts'
import { LETTER, rowsOf } from './rows.ts'
import { STYLE } from './style.ts'

export interface Drawing {
  readonly schedule: Schedule
  readonly scenario: Scenario
  readonly events: readonly Event[]
  readonly wrong: Wrong | undefined
}

export function diagram({ schedule, scenario, events: seen, wrong }: Drawing): string {
  const events = condense(seen)
  const columns = columnsOf(schedule, events)
  const rows = rowsOf(events, wrong, columns)
  const height = HEAD + rows.height + MARGIN + 2 * LINE
  const title = `${schedule.strategy}: ${scenario.summary}`
  const verdict = wrong === undefined ? 'Nothing is sold twice.' : wrong.message
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${columns.width} ${height}" width="${columns.width}" height="${height}" role="img" aria-labelledby="title desc">
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(`${described(events)} ${verdict}`)}</desc>
<style>${STYLE}</style>
<rect class="paper" width="${columns.width}" height="${height}"/>
<text class="title" x="${MARGIN}" y="30">${escaped(title)}</text>
${[...columns.x].map(([name, x]) => lifeline(name, x, height, columns.stores.has(name))).join('\n')}
${rows.bands.join('\n')}
${rows.marks.join('\n')}
<text class="quiet" x="${MARGIN}" y="${height - MARGIN + 6}">${escaped(footOf(schedule, columns.width))}</text>
</svg>
`
}

/** The events in words, for a screen reader. */
function described(events: readonly Event[]): string {
  const words = events.flatMap((event) => wordsOf(event) ?? [])
  return `${words.join('. ')}.`
}

function wordsOf({ kind, client, step, text }: Event): string | undefined {
  const name = nameOf(client)
  switch (kind) {
    case 'asks':
      return `Step ${step}, ${name}: ${brief(text, 80)}`
    case 'answers':
      return `answer to ${name}: ${brief(text, 60)}`
    case 'waits':
      return `${name} ${text}`
    case 'ends':
      return `${name}, ${text}`
    case 'happens':
      return text
    case 'begins':
      return undefined
  }
}

function footOf(schedule: Schedule, width: number): string {
  const text = `holdfast replay ${formatSchedule(schedule)}`
  return brief(text, Math.floor((width - 2 * MARGIN) / LETTER))
}
