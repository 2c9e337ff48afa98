/**
 * A schedule as a sequence diagram: a lifeline for each client and each store, each statement with its
 * answer, a band for waiting, and a line across at the moment when a unit is sold twice. One SVG document,
 * readable on light and dark backgrounds and by a screen reader.
 */

import { engineKinds } from '../engines/registry.ts'
import { brief } from '../engines/wording.ts'
import { condense } from './condense.ts'
import type { Scenario } from './scenario.ts'
import { formatSchedule, type Schedule } from './schedule.ts'
import type { Event } from './schedule-run.ts'
import { nameOf, type Wrong } from './transcript.ts'

export interface Drawing {
  readonly schedule: Schedule
  readonly scenario: Scenario
  readonly events: readonly Event[]
  readonly wrong: Wrong | undefined
}

/** Its name in a sentence; an engine that is not in the registry keeps its id. */
function titleOf(store: Store): string {
  return engineKinds.find(({ name }) => name === store)?.title ?? store
}
type Store = NonNullable<Event['store']>

/** The space between a client's lifeline and the next one, for its statements. */
const GUTTER = 400
const STORE_GAP = 130
const MARGIN = 28
const HEAD = 92
const LINE = 15
const ROW_GAP = 11
/** The width of a 12 px monospaced letter, in the widest of the usual fonts. */
const LETTER = 7.25
const STEP_COLUMN = 34
const CHARACTERS = Math.floor((GUTTER - STEP_COLUMN - 24) / LETTER)
const LINES_PER_TEXT_MAX = 3

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

const STYLE = `
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2933}
.paper{fill:#ffffff}
.title{font:600 17px system-ui,-apple-system,"Segoe UI",sans-serif}
.name{font:600 14px system-ui,-apple-system,"Segoe UI",sans-serif;text-anchor:middle}
.box{fill:#eef2f6;stroke:#5b6770}
.store{fill:#e2ecf7;stroke:#2f6299}
.life{stroke:#9aa5b1;stroke-dasharray:3 4}
.ask{stroke:#2f6299;stroke-width:1.5;fill:none}
.answer{stroke:#5b6770;stroke-dasharray:5 3;fill:none}
.head{fill:#2f6299}.tail{fill:#5b6770}
.said{fill:#52606d}
.call{font-weight:600}
.quiet{fill:#5b6770}
.wait{fill:#e8b44c;fill-opacity:.38;stroke:#9a6b00}
.waits{fill:#7a5200;font-style:italic}
.happen{stroke:#9a6b00;stroke-width:1.5;stroke-dasharray:8 4}
.happens{fill:#7a5200;font-weight:600}
.happens,.wrongs{paint-order:stroke;stroke:#ffffff;stroke-width:5px}
.wrong{stroke:#c5221f;stroke-width:2}
.wrongs{fill:#b3140f;font-weight:700}
.good{fill:#16703c}
@media (prefers-color-scheme:dark){
text{fill:#e4e7eb}.paper{fill:#12181f}.box{fill:#26303b;stroke:#9aa5b1}.store{fill:#1c3350;stroke:#7fb2ea}
.life{stroke:#5b6770}.ask{stroke:#7fb2ea}.head{fill:#7fb2ea}.answer{stroke:#9aa5b1}.tail{fill:#9aa5b1}
.happens,.wrongs{stroke:#12181f}
.said,.quiet{fill:#aab4bf}.wait{fill:#c9922e;fill-opacity:.4;stroke:#e8b44c}.waits,.happens{fill:#f0c674}.happen{stroke:#e8b44c}
.wrong{stroke:#ff6b66}.wrongs{fill:#ff8a85}.good{fill:#6fd08c}}
`

interface Columns {
  readonly x: ReadonlyMap<string, number>
  /** Which of them are stores. */
  readonly stores: ReadonlySet<string>
  readonly width: number
}

/**
 * The first client is on the left, then the stores, then the other clients, each with room for its
 * statements.
 */
function columnsOf({ clients }: Schedule, events: readonly Event[]): Columns {
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

function lifeline(name: string, x: number, height: number, isStore: boolean): string {
  const width = Math.max(78, name.length * 9 + 20)
  return `<line class="life" x1="${x}" y1="${HEAD - 16}" x2="${x}" y2="${height - MARGIN - LINE}"/><rect class="${isStore ? 'store' : 'box'}" x="${x - width / 2}" y="${HEAD - 42}" width="${width}" height="26" rx="5"/><text class="name" x="${x}" y="${HEAD - 24}">${escaped(name)}</text>`
}

interface Rows {
  readonly height: number
  readonly bands: readonly string[]
  readonly marks: readonly string[]
}

function rowsOf(events: readonly Event[], wrong: Wrong | undefined, { x, width }: Columns): Rows {
  const bands: string[] = []
  const marks: string[] = []
  const waitsFrom = new Map<number, number>()
  let y = HEAD + 8
  let shown = 0

  /** A block of text in a client's gutter; returns the position below it. */
  function block(event: Event, text: string, kind: string): void {
    const from = xOf(event)
    // The first client's gutter is on its right, all others' on their left.
    const isLeft = event.client !== 1
    for (const line of wrapped(text)) {
      y += LINE
      const at = isLeft ? from - GUTTER + STEP_COLUMN : from + 14
      marks.push(`<text class="${kind}" x="${at}" y="${y}">${escaped(line)}</text>`)
    }
  }
  function xOf(event: Event): number {
    return x.get(nameOf(event.client)) ?? MARGIN
  }
  function arrow(event: Event, kind: 'ask' | 'answer'): void {
    const client = xOf(event)
    const store = x.get(event.store === undefined ? '' : titleOf(event.store)) ?? client
    const [from, to] = kind === 'ask' ? [client, store] : [store, client]
    const back = to > from ? -8 : 8
    y += 6
    marks.push(
      `<line class="${kind}" x1="${from}" y1="${y}" x2="${to}" y2="${y}"/><path class="${kind === 'ask' ? 'head' : 'tail'}" d="M${to} ${y}l${back} -4v8z"/>`,
    )
  }
  function across(kind: 'happen' | 'wrong', text: string): void {
    y += ROW_GAP
    for (const line of wrapped(text, Math.floor((width - 2 * MARGIN) / (LETTER + 0.35)))) {
      y += LINE
      marks.push(`<text class="${kind}s" x="${MARGIN - 12}" y="${y}">${escaped(line)}</text>`)
    }
    y += 6
    marks.push(`<line class="${kind}" x1="${MARGIN - 12}" y1="${y}" x2="${width - MARGIN}" y2="${y}"/>`)
    y += 4
  }

  events.forEach((event, at) => {
    if (event.kind === 'begins') y += ROW_GAP
    if (event.kind === 'asks' && event.step !== shown) {
      shown = event.step
      y += ROW_GAP
      marks.push(`<text class="quiet" x="${MARGIN - 12}" y="${y + LINE}">${event.step}</text>`)
    }
    switch (event.kind) {
      case 'begins':
        block(event, event.text, 'call')
        break
      case 'asks':
        block(event, brief(event.text, CHARACTERS * LINES_PER_TEXT_MAX), 'asked')
        arrow(event, 'ask')
        break
      case 'waits':
        waitsFrom.set(event.client, y)
        block(event, `… ${event.text}`, 'waits')
        break
      case 'answers': {
        const from = waitsFrom.get(event.client)
        if (from !== undefined) y += ROW_GAP
        block(event, `→ ${brief(event.text, CHARACTERS * 2 - 4)}`, 'said')
        arrow(event, 'answer')
        if (from !== undefined) {
          bands.push(
            `<rect class="wait" x="${xOf(event) - 6}" y="${from}" width="12" height="${y - from}" rx="3"/>`,
          )
          waitsFrom.delete(event.client)
        }
        break
      }
      case 'ends':
        block(event, event.text, 'call')
        break
      case 'happens':
        across('happen', `${event.step}  ${event.text}`)
        break
    }
    const isLastOfStep = events[at + 1]?.step !== event.step
    const isLast = at === events.length - 1
    if (
      wrong !== undefined &&
      isLastOfStep &&
      (event.step === wrong.step || (isLast && wrong.step > event.step))
    ) {
      across('wrong', wrong.message)
    }
  })
  return { height: y - HEAD, bands, marks }
}

/** Breaks at spaces if possible. */
function wrapped(text: string, characters = CHARACTERS): readonly string[] {
  const lines: string[] = []
  let rest = text
  while (rest.length > characters) {
    const space = rest.lastIndexOf(' ', characters)
    const cut = space > characters / 2 ? space : characters
    lines.push(rest.slice(0, cut))
    rest = rest.slice(cut).trimStart()
  }
  return [...lines, rest]
}

/** What happens, in words, for a screen reader. */
function described(events: readonly Event[]): string {
  const told = events.flatMap((event) => wordsOf(event) ?? [])
  return `${told.join('. ')}.`
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

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
