/** What stands beside the rows: a bar for each client, and a lane for each thing that is stored. */
import type { Event } from '../schedule-run.ts'
import type { Lane } from './lanes.ts'
import { barX, type DiagramLayout, lockX, type PlacedLane } from './layout.ts'
import { barAt, boxAt, boxClass, textAt } from './marks.ts'
import type { Overtaken } from './overtaken.ts'
import { CELL_EDGE, CELL_LINE, type Rows } from './rows.ts'

const PAUSE_WIDTH = 10

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
    const next = (event: Event, isIt: (other: Event) => boolean): Event | undefined =>
      own.slice(own.indexOf(event) + 1).find(isIt)
    const calls = own.filter(({ kind }) => kind === 'begins')
    const waits = own.filter(({ kind }) => kind === 'waits')
    return [
      barAt(`life l${client}`, x, rows.changes.get(0) ?? 0, rows.end),
      ...calls.map((event) =>
        barAt(
          `call l${client}`,
          x,
          placeOf(event, rows.at, rows),
          placeOf(
            next(event, ({ kind }) => kind === 'ends'),
            rows.until,
            rows,
          ),
        ),
      ),
      ...waits.flatMap((event) => {
        const from = placeOf(event, rows.at, rows)
        const until = placeOf(next(event, isAnswer), rows.at, rows)
        return [barAt('back', x, from, until), barAt(`wait l${client}`, x, from, until)]
      }),
      ...overtaken.filter((each) => each.client === client).map((each) => overtakenBar(each, x, rows)),
    ]
  })
}

/** Of what never happens: the end. */
function placeOf(event: Event | undefined, places: Rows['at'], { end }: Rows): number {
  return (event === undefined ? undefined : places.get(event)) ?? end
}

function isAnswer({ kind }: Event): boolean {
  return kind === 'answers'
}

function overtakenBar({ kind, since, step, until }: Overtaken, x: number, rows: Rows): string {
  // A pause is over when the client goes on; what is stale matters until it has acted on it.
  const ends = kind === 'stale' ? rows.ends : rows.begins
  const end = (until === undefined ? undefined : ends.get(until)) ?? rows.end
  const from = (kind === 'stale' ? rows.changes.get(step) : rows.ends.get(since)) ?? 0
  const back = barAt('back', x, from, end)
  if (kind === 'stale') return `${back}${barAt('stale', x, from, end)}`
  const box = { x: x - PAUSE_WIDTH / 2, y: from, width: PAUSE_WIDTH, height: end - from }
  return `${back}${boxAt('pause', box, 2)}${barAt('paused', x, from + 2, end - 2)}`
}

/** A lane: what it is, when; and who has it locked, or waits for it. */
export function laneMarks(
  placed: PlacedLane,
  events: readonly Event[],
  { lanes, rows }: { readonly lanes: readonly Lane[]; readonly rows: Rows },
): readonly string[] {
  const { lane, x, width, textX } = placed
  const cells = lane.cells.flatMap(({ from, lines, tone }, at) => {
    const y = rows.changes.get(from) ?? 0
    const next = lane.cells[at + 1]
    const end = next === undefined ? rows.end : (rows.changes.get(next.from) ?? rows.end)
    const kind = typeof tone === 'number' ? `cell n${tone}` : tone === 'wrong' ? 'cell wrongs' : 'cell'
    return [
      boxAt(boxClass(tone), { x, y, width, height: end - y }, 2),
      `<line class="edge" x1="${x}" y1="${y}" x2="${x + width}" y2="${y}"/>`,
      ...lines.map((line, row) => textAt(kind, textX, y + CELL_EDGE + (row + 1) * CELL_LINE - 3, line)),
    ]
  })
  const locks = lane.locks.map((lock) => {
    const { from, until } = lockSpan(lock, events, rows)
    return barAt(`locked l${lock.client}`, lockX(placed, lock.client), from, until)
  })
  const waits = waitsOn(lane, lanes, events).map(({ event, until }) =>
    barAt(
      `awaited l${event.client}`,
      lockX(placed, event.client),
      placeOf(event, rows.at, rows),
      placeOf(until, rows.at, rows),
    ),
  )
  return [...cells, ...locks, ...waits]
}

/**
 * From where a client asks for a lock, or is given it after a wait, until the answer with which it has it no
 * more. So one that is passed on ends and begins at one place.
 */
function lockSpan(
  { client, from, until }: Lane['locks'][number],
  events: readonly Event[],
  rows: Rows,
): { readonly from: number; readonly until: number } {
  const own = events.filter((event) => event.client === client)
  const got = own.find(({ step, kind }) => step === from && kind === 'answers')
  const before = got === undefined ? undefined : own[own.indexOf(got) - 1]
  const lost = own.findLast(({ step }) => step === until)
  return {
    from: (before?.kind === 'waits' && got !== undefined ? rows.at.get(got) : rows.begins.get(from)) ?? 0,
    until:
      until === undefined
        ? rows.end
        : ((lost === undefined ? rows.changes.get(until) : rows.until.get(lost)) ?? rows.end),
  }
}

/** Waits for a lane's thing: as the engine says, or else for a client that has it locked. */
function waitsOn(
  lane: Lane,
  lanes: readonly Lane[],
  events: readonly Event[],
): readonly { readonly event: Event; readonly until: Event | undefined }[] {
  return events.flatMap((event, at) => {
    const { kind, step, client, blockers = [] } = event
    if (kind !== 'waits') return []
    const seen = lanes.find(({ waits }) => waits.some((wait) => wait.client === client && wait.step === step))
    const isBlocked = lane.locks.some(
      (lock) => blockers.includes(lock.client) && lock.from <= step && step <= (lock.until ?? step),
    )
    if (seen === undefined ? !isBlocked : seen !== lane) return []
    const until = events.slice(at + 1).find((each) => each.client === client && isAnswer(each))
    return [{ event, until }]
  })
}
