/**
 * A schedule as a drawing, from top to bottom: what each client asks and is answered, in its own colour; a
 * bar for each client, with its waits and pauses; a lane for everything that is stored, with who has it
 * locked; and the moment when a unit is sold twice. One SVG document, readable on light and dark backgrounds,
 * on a phone, and by a screen reader.
 */
import { brief } from '../../engines/wording.ts'
import { escaped } from '../../report/page/html.ts'
import { wrapped } from '../../report/wrapped.ts'
import { condense } from '../condense.ts'
import type { Look } from '../look.ts'
import type { Scenario } from '../scenario.ts'
import { formatSchedule, type Schedule } from '../schedule.ts'
import type { Event } from '../schedule-run.ts'
import { nameOf, type Wrong } from '../transcript.ts'
import { clientBars, laneMarks } from './bars.ts'
import { type Lane, lanesOf } from './lanes.ts'
import { barX, type DiagramLayout, LINE, layoutOf, MARGIN, WIDTH } from './layout.ts'
import { textAt } from './marks.ts'
import { type Overtaken, overtakenIn } from './overtaken.ts'
import { rowsOf } from './rows.ts'
import { STYLE } from './style.ts'
import { titleTold } from './words.ts'

export interface Drawing {
  readonly schedule: Schedule
  readonly scenario: Scenario
  readonly events: readonly Event[]
  readonly wrong: Wrong | undefined
  /** What was stored after each step; without it, the drawing has no lanes. */
  readonly looks?: readonly Look[]
  /** What happens, in a sentence; absent: who is told what. */
  readonly title?: string
  /** Columns of rows that are shown besides who has the row. */
  readonly columns?: readonly string[]
  /** Whether `holdfast replay` can play it again; absent: it can. */
  readonly isReplayable?: boolean
}

const TITLE_LETTERS = 38
const SMALL_LETTERS = 60
/** Readers on a wall see it larger than it is drawn. */
const SHOWN_WIDTH = 630

export function diagram(drawing: Drawing): string {
  const { schedule, scenario, events: seen, wrong, looks = [], columns, isReplayable = true } = drawing
  const events = condense(seen)
  const lanes = lanesOf(looks, columns)
  const overtaken = overtakenIn(events, looks)
  const layout = layoutOf(schedule.clients, lanes)
  const title = drawing.title ?? titleTold(scenario, events, wrong)
  const head = headOf({ title, schedule, scenario }, layout)
  const rows = rowsOf({ events, wrong, overtaken }, layout, head.end)
  const place = { layout, rows }
  const foot = footOf(
    { schedule: isReplayable ? schedule : undefined, lanes, overtaken, events },
    rows.end + 6,
  )
  const height = foot.end + MARGIN
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${SHOWN_WIDTH}" height="${Math.round((height * SHOWN_WIDTH) / WIDTH)}" role="img" aria-labelledby="title desc">
<title id="title">${escaped(`${title} (${schedule.strategy}: ${scenario.summary})`)}</title>
<desc id="desc">${escaped(described(events, lanes, overtaken, wrong))}</desc>
<style>${STYLE}</style>
<rect class="paper" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>
${[
  ...head.marks,
  ...rows.bands,
  ...layout.lanes.flatMap((placed) => laneMarks(placed, events, place)),
  ...clientBars(events, overtaken, place),
  ...rows.marks,
  ...foot.marks,
]
  .filter((mark) => mark !== '')
  .join('\n')}
</svg>
`
}

interface Part {
  readonly marks: readonly string[]
  readonly end: number
}

function headOf(
  { title, schedule, scenario }: Pick<Drawing, 'schedule' | 'scenario'> & { readonly title: string },
  { clients, textX, lanes }: DiagramLayout,
): Part {
  const marks: string[] = []
  let y = 12
  for (const line of wrapped(title, TITLE_LETTERS)) {
    y += 20
    marks.push(textAt('title', MARGIN, y, line))
  }
  y += 4
  for (const line of wrapped(`${schedule.strategy}: ${scenario.summary}`, SMALL_LETTERS)) {
    y += LINE
    marks.push(textAt('sub', MARGIN, y, line))
  }
  y += 22
  let x = textX
  for (let client = 1; client <= clients; client++) {
    const name = nameOf(client)
    marks.push(
      `<line class="call l${client}" x1="${barX(client)}" y1="${y - 10}" x2="${barX(client)}" y2="${y}"/>`,
    )
    marks.push(textAt(`name n${client}`, x, y, name))
    x += name.length * 8 + 14
  }
  for (const { lane, x: laneX } of lanes) marks.push(textAt('lane', laneX + 2, y, lane.title))
  return { marks, end: y + 8 }
}

function footOf(
  {
    schedule,
    lanes,
    overtaken,
    events,
  }: Pick<Drawing, 'events'> & {
    readonly schedule: Schedule | undefined
    readonly lanes: readonly Lane[]
    readonly overtaken: readonly Overtaken[]
  },
  top: number,
): Part {
  const locks = lanes.flatMap((lane) => lane.locks)
  const keys = [
    ...(locks.length > 0 ? ['full bar in a lane: has the row locked'] : []),
    ...(events.some(({ kind }) => kind === 'waits') ? ['broken bar: waits'] : []),
    ...(overtaken.some(({ kind }) => kind === 'stale') ? ['red: acts on a stale read'] : []),
    ...(overtaken.some(({ kind }) => kind === 'paused') ? ['grey: is paused'] : []),
    ...(lanes.some(({ kind }) => kind === 'row') ? ['lanes: as committed'] : []),
  ]
  const again = schedule === undefined ? '' : `holdfast replay ${formatSchedule(schedule)}`
  let y = top
  const line = (kind: string, text: string): string => {
    y += LINE
    return textAt(kind, MARGIN, y, text)
  }
  const marks = [
    ...(keys.length === 0 ? [] : wrapped(keys.join(' · '), SMALL_LETTERS).map((text) => line('key', text))),
    ...(again === ''
      ? []
      : wrapped(brief(again, SMALL_LETTERS * 3), SMALL_LETTERS - 2).map((text) => line('foot', text))),
  ]
  return { marks, end: y }
}

/** The drawing in words, for a screen reader. */
function described(
  events: readonly Event[],
  lanes: readonly Lane[],
  overtaken: readonly Overtaken[],
  wrong: Wrong | undefined,
): string {
  const steps = [...new Set(events.map(({ step }) => step))].toSorted((one, other) => one - other)
  const before = lanes.flatMap((lane) => changesAt(lane, 0))
  const told = steps.flatMap((step) => [
    ...events.filter((event) => event.step === step).flatMap((event) => wordsOf(event) ?? []),
    ...overtaken.filter((each) => each.step === step).map(overtakenWords),
    ...lanes.flatMap((lane) => changesAt(lane, step)),
  ])
  const verdict = wrong === undefined ? 'Nothing is sold twice' : wrong.message
  return `${[...before, ...told, verdict].join('. ')}.`
}

function changesAt({ title, cells }: Lane, step: number): readonly string[] {
  return cells.filter(({ from }) => from === step).map(({ lines }) => `${title}: ${lines.join(' ')}`)
}

function overtakenWords({ kind, client, read }: Overtaken): string {
  return kind === 'stale'
    ? `what ${nameOf(client)} read (${read}) is stale now`
    : `${nameOf(client)} is paused`
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
