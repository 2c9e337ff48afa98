/**
 * A schedule as a drawing, from top to bottom: what each client asks and is answered, in its own colour; a
 * bar for each client, with its waits and pauses; a lane for everything that is stored, with who has it
 * locked; and the moment when a unit is sold twice. One SVG document, readable on light and dark backgrounds,
 * on a phone, and by a screen reader.
 */
import { escaped } from '../../report/page/html.ts'
import { wrapped } from '../../report/wrapped.ts'
import { inOrderOfCause } from '../causes.ts'
import { condense } from '../condense.ts'
import type { Look } from '../look.ts'
import type { Scenario } from '../scenario.ts'
import { formatSchedule, type Schedule } from '../schedule.ts'
import type { Event } from '../schedule-run.ts'
import { nameOf, type Wrong } from '../transcript.ts'
import { clientBars, laneMarks } from './bars.ts'
import { described } from './described.ts'
import { lanesOf } from './lanes.ts'
import { barX, type DiagramLayout, LINE, layoutOf, MARGIN, WIDTH } from './layout.ts'
import { legendOf } from './legend.ts'
import { textAt } from './marks.ts'
import { overtakenIn } from './overtaken.ts'
import { ownersIn } from './owners.ts'
import { type DrawnPart, rowsOf } from './rows.ts'
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
const FOOT_LETTERS = 54
const LANE_TITLE_LINE = 14
/** Readers on a wall see it larger than it is drawn. */
const SHOWN_WIDTH = 630

export function diagram(drawing: Drawing): string {
  const { schedule, scenario, events: seen, wrong, looks = [], columns = [], isReplayable = true } = drawing
  const events = inOrderOfCause(condense(seen))
  const owners = ownersIn(scenario, schedule.clients)
  const lanes = lanesOf(looks, { owners, columns })
  const overtaken = overtakenIn(events, looks)
  const layout = layoutOf(schedule.clients, lanes)
  const title = drawing.title ?? titleTold(scenario, events, wrong)
  const head = headOf({ title, schedule, scenario }, layout)
  const rows = rowsOf({ events, wrong, overtaken, owners }, layout, head.end)
  const marks = [
    ...head.marks,
    ...rows.bands,
    ...layout.lanes.flatMap((placed) => laneMarks(placed, events, { lanes, rows })),
    ...clientBars(events, overtaken, { layout, rows }),
    ...rows.marks,
  ]
  const legend = legendOf(marks, lanes, rows.end + 8)
  const foot = footOf(isReplayable ? schedule : undefined, legend.end)
  const height = foot.end + MARGIN
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${SHOWN_WIDTH}" height="${Math.round((height * SHOWN_WIDTH) / WIDTH)}" role="img" aria-labelledby="title desc">
<title id="title">${escaped(`${title} (${schedule.strategy}: ${scenario.summary})`)}</title>
<desc id="desc">${escaped(described({ events, lanes, overtaken, owners, wrong }))}</desc>
<style>${STYLE}</style>
<rect class="paper" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>
${[...marks, ...legend.marks, ...foot.marks].filter((mark) => mark !== '').join('\n')}
</svg>
`
}

function headOf(
  { title, schedule, scenario }: Pick<Drawing, 'schedule' | 'scenario'> & { readonly title: string },
  { clients, textX, lanes }: DiagramLayout,
): DrawnPart {
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
  y += 22 + LANE_TITLE_LINE * (Math.max(1, ...lanes.map((lane) => lane.title.length)) - 1)
  let x = textX
  for (let client = 1; client <= clients; client++) {
    const name = nameOf(client)
    marks.push(
      `<line class="call l${client}" x1="${barX(client)}" y1="${y - 10}" x2="${barX(client)}" y2="${y}"/>`,
    )
    marks.push(textAt(`name n${client}`, x, y, name))
    x += name.length * 8 + 14
  }
  for (const { title: lines, x: laneX } of lanes) {
    for (const [at, line] of lines.entries()) {
      marks.push(textAt('lane', laneX + 2, y - LANE_TITLE_LINE * (lines.length - 1 - at), line))
    }
  }
  return { marks, end: y + 8 }
}

/** How to play it again. */
function footOf(schedule: Schedule | undefined, top: number): DrawnPart {
  if (schedule === undefined) return { marks: [], end: top }
  const [command, text] = ['holdfast replay', formatSchedule(schedule)]
  const whole = `${command} ${text}`
  const again = whole.length <= FOOT_LETTERS ? [whole] : [command, ...wrapped(text, FOOT_LETTERS)]
  return {
    marks: again.map((line, at) => textAt('foot', MARGIN, top + (at + 1) * LINE, line)),
    end: top + again.length * LINE,
  }
}
