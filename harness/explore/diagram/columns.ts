/** The lifelines of a diagram: one for each client and each store. */
import { engineKinds } from '../../engines/registry.ts'
import { escaped } from '../../report/page/html.ts'
import type { Schedule } from '../schedule.ts'
import type { Event } from '../schedule-run.ts'
import { nameOf } from '../transcript.ts'

/** The space between a client's lifeline and the next one, for its statements. */
export const GUTTER = 400
export const MARGIN = 28
/** The height of the title and the names. */
export const HEAD = 92
export const LINE = 15
export const STEP_COLUMN = 34
const STORE_GAP = 130

export interface Columns {
  /** By the name of the client or store. */
  readonly x: ReadonlyMap<string, number>
  /** The names that are stores. */
  readonly stores: ReadonlySet<string>
  readonly width: number
}

/** Its name in a sentence; an engine that is not in the registry keeps its id. */
export function titleOf(store: NonNullable<Event['store']>): string {
  return engineKinds.find(({ name }) => name === store)?.title ?? store
}

/**
 * The first client is on the left, then the stores, then the other clients, each with room for its
 * statements.
 */
export function columnsOf({ clients }: Schedule, events: readonly Event[]): Columns {
  const seen = new Set(events.flatMap(({ store }) => store ?? []))
  // In the registry's order, whichever store is used first.
  const used = [...new Set([...engineKinds.map(({ name }) => name), ...seen])].filter((store) =>
    seen.has(store),
  )
  const x = new Map<string, number>()
  const first = MARGIN + STEP_COLUMN + 30
  x.set(nameOf(1), first)
  let at = first + GUTTER
  for (const store of used) {
    x.set(titleOf(store), at)
    at += STORE_GAP
  }
  at += GUTTER - STORE_GAP
  for (let client = 2; client <= clients; client++) {
    x.set(nameOf(client), at)
    at += GUTTER
  }
  return { x, stores: new Set(used.map(titleOf)), width: at - GUTTER + MARGIN + 46 }
}

export function lifeline(name: string, x: number, height: number, isStore: boolean): string {
  const width = Math.max(78, name.length * 9 + 20)
  return `<line class="life" x1="${x}" y1="${HEAD - 16}" x2="${x}" y2="${height - MARGIN - LINE}"/><rect class="${isStore ? 'store' : 'box'}" x="${x - width / 2}" y="${HEAD - 42}" width="${width}" height="26" rx="5"/><text class="name" x="${x}" y="${HEAD - 24}">${escaped(name)}</text>`
}
