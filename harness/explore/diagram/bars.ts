/** What stands beside the rows: a bar for each client, and a lane for each thing that is stored. */
import type { Event } from '../schedule-run.ts'
import type { Lane } from './lanes.ts'
import { barX, type DiagramLayout, type PlacedLane } from './layout.ts'
import { barAt, boxAt, boxClass, textAt } from './marks.ts'
import type { Overtaken } from './overtaken.ts'
import { CELL_EDGE, CELL_LINE, type Rows } from './rows.ts'

const PAUSE_WIDTH = 10
/** From one client's lock to the next one, in a lane. */
const LOCK_GAP = 7

/** Calls, waits, pauses and stale reads of every client. */
export function clientBars(
  events: readonly Event[],
  overtaken: readonly Overtaken[],
  { layout, rows }: { readonly layout: DiagramLayout; readonly rows: Rows },
): readonly string[] {
  const clients = Array.from({ length: layout.clients }, (_, at) => at + 1)
  return clients.flatMap((client) => {
    const x = barX(client)
    const own = events.filter((event) => event.client === client)
    const y = (event: Event | undefined): number =>
      event === undefined ? rows.end : (rows.at.get(event) ?? rows.end)
    const next = (event: Event, isIt: (other: Event) => boolean): Event | undefined =>
      own.slice(own.indexOf(event) + 1).find(isIt)
    const calls = own.filter(({ kind }) => kind === 'begins')
    const waits = own.filter(({ kind }) => kind === 'waits')
    return [
      barAt(`life l${client}`, x, rows.ends.get(0) ?? 0, rows.end),
      ...calls.map((event) => barAt(`call l${client}`, x, y(event), y(next(event, isEnd)) + 4)),
      ...waits.flatMap((event) => {
        const until = y(next(event, ({ kind }) => kind === 'answers'))
        return [barAt('back', x, y(event), until), barAt(`wait l${client}`, x, y(event), until)]
      }),
      ...overtaken.filter((each) => each.client === client).map((each) => overtakenBar(each, x, rows)),
    ]
  })
}

function isEnd({ kind }: Event): boolean {
  return kind === 'ends'
}

function overtakenBar({ kind, since, step, until }: Overtaken, x: number, rows: Rows): string {
  // A pause is over when the client goes on; what is stale matters until it has acted on it.
  const ends = kind === 'stale' ? rows.ends : rows.begins
  const end = (until === undefined ? undefined : ends.get(until)) ?? rows.end
  const from = rows.ends.get(kind === 'stale' ? step : since) ?? 0
  const back = barAt('back', x, from, end)
  if (kind === 'stale') return `${back}${barAt('stale', x, from, end)}`
  const box = { x: x - PAUSE_WIDTH / 2, y: from, width: PAUSE_WIDTH, height: end - from }
  return `${back}${boxAt('pause', box, 2)}${barAt('paused', x, from + 2, end - 2)}`
}

/** A lane: what it is, when; and who has it locked, or waits for it. */
export function laneMarks(
  { lane, x, width }: PlacedLane,
  events: readonly Event[],
  { layout, rows }: { readonly layout: DiagramLayout; readonly rows: Rows },
): readonly string[] {
  const hasLocks = lane.locks.length > 0
  const textX = x + (hasLocks ? layout.clients * LOCK_GAP + 5 : 6)
  const cells = lane.cells.flatMap(({ from, lines, tone }, at) => {
    const y = rows.ends.get(from) ?? 0
    const next = lane.cells[at + 1]
    const end = next === undefined ? rows.end : (rows.ends.get(next.from) ?? rows.end)
    const kind = typeof tone === 'number' ? `cell n${tone}` : tone === 'wrong' ? 'cell wrongs' : 'cell'
    return [
      boxAt(boxClass(tone), { x, y, width, height: end - y }, 2),
      `<line class="edge" x1="${x}" y1="${y}" x2="${x + width}" y2="${y}"/>`,
      ...lines.map((line, row) => textAt(kind, textX, y + CELL_EDGE + (row + 1) * CELL_LINE - 3, line)),
    ]
  })
  const lockX = (client: number): number => x + 4 + (client - 1) * LOCK_GAP
  const locks = lane.locks.map(({ client, from, until }) =>
    barAt(
      `locked l${client}`,
      lockX(client),
      rows.begins.get(from) ?? 0,
      (until === undefined ? undefined : rows.ends.get(until)) ?? rows.end,
    ),
  )
  const waits = waitsOn(lane, events).map(({ event, until }) =>
    barAt(
      `awaited l${event.client}`,
      lockX(event.client),
      rows.at.get(event) ?? 0,
      (until === undefined ? undefined : rows.at.get(until)) ?? rows.end,
    ),
  )
  return [...cells, ...locks, ...waits]
}

/** Waits for a client that has the lane's thing locked. */
function waitsOn(
  { locks }: Lane,
  events: readonly Event[],
): readonly { readonly event: Event; readonly until: Event | undefined }[] {
  return events.flatMap((event, at) => {
    const { kind, step, client, blockers = [] } = event
    const isFor = locks.some(
      (lock) => blockers.includes(lock.client) && lock.from <= step && step <= (lock.until ?? step),
    )
    if (kind !== 'waits' || !isFor) return []
    const until = events.slice(at + 1).find((each) => each.client === client && each.kind === 'answers')
    return [{ event, until }]
  })
}
