/**
 * The rows of a diagram, from top to bottom: each event as text in the gutter of its client, with an arrow.
 */
import { brief } from '../../engines/wording.ts'
import { escaped } from '../../report/page/html.ts'
import { wrapped } from '../../report/wrapped.ts'
import type { Event } from '../schedule-run.ts'
import { nameOf, type Wrong } from '../transcript.ts'
import { type Columns, GUTTER, HEAD, LINE, MARGIN, STEP_COLUMN, titleOf } from './columns.ts'

const ROW_GAP = 11
/** The width of a 12 px monospaced letter, in the widest of the usual fonts. */
export const LETTER = 7.25
const CHARACTERS = Math.floor((GUTTER - STEP_COLUMN - 24) / LETTER)
const LINES_PER_TEXT_MAX = 3

export interface Rows {
  readonly height: number
  /** Bands on the lifelines of waiting clients, drawn below everything else. */
  readonly bands: readonly string[]
  readonly marks: readonly string[]
}

export function rowsOf(events: readonly Event[], wrong: Wrong | undefined, columns: Columns): Rows {
  const drawing = new RowsDrawing(columns)
  events.forEach((event, at) => {
    drawing.add(event)
    const isLastOfStep = events[at + 1]?.step !== event.step
    const isLast = at === events.length - 1
    if (
      wrong !== undefined &&
      isLastOfStep &&
      (event.step === wrong.step || (isLast && wrong.step > event.step))
    ) {
      drawing.across('wrong', wrong.message)
    }
  })
  return drawing.rows()
}

class RowsDrawing {
  readonly #columns: Columns
  readonly #bands: string[] = []
  readonly #marks: string[] = []
  /** Where each waiting client began to wait. */
  readonly #waitsFrom = new Map<number, number>()
  /** The position below the last row. */
  #y = HEAD + 8
  #lastStep = 0

  constructor(columns: Columns) {
    this.#columns = columns
  }

  rows(): Rows {
    return { height: this.#y - HEAD, bands: this.#bands, marks: this.#marks }
  }

  add(event: Event): void {
    switch (event.kind) {
      case 'begins':
        this.#y += ROW_GAP
        this.#block(event, event.text, 'call')
        break
      case 'asks':
        this.#stepNumber(event.step)
        this.#block(event, brief(event.text, CHARACTERS * LINES_PER_TEXT_MAX), 'asked')
        this.#arrow(event, 'ask')
        break
      case 'waits':
        this.#waitsFrom.set(event.client, this.#y)
        this.#block(event, `… ${event.text}`, 'waits')
        break
      case 'answers':
        this.#answer(event)
        break
      case 'ends':
        this.#block(event, event.text, 'call')
        break
      case 'happens':
        this.across('happen', `${event.step}  ${event.text}`)
        break
    }
  }

  /** A line across all columns, with its text above it. */
  across(kind: 'happen' | 'wrong', text: string): void {
    const { width } = this.#columns
    this.#y += ROW_GAP
    this.#lines(text, `${kind}s`, MARGIN - 12, Math.floor((width - 2 * MARGIN) / (LETTER + 0.35)))
    this.#y += 6
    this.#marks.push(
      `<line class="${kind}" x1="${MARGIN - 12}" y1="${this.#y}" x2="${width - MARGIN}" y2="${this.#y}"/>`,
    )
    this.#y += 4
  }

  #stepNumber(step: number): void {
    if (step === this.#lastStep) return
    this.#lastStep = step
    this.#y += ROW_GAP
    this.#marks.push(`<text class="quiet" x="${MARGIN - 12}" y="${this.#y + LINE}">${step}</text>`)
  }

  #answer(event: Event): void {
    const from = this.#waitsFrom.get(event.client)
    if (from !== undefined) this.#y += ROW_GAP
    this.#block(event, `→ ${brief(event.text, CHARACTERS * 2 - 4)}`, 'said')
    this.#arrow(event, 'answer')
    if (from === undefined) return
    this.#bands.push(
      `<rect class="wait" x="${this.#xOf(event) - 6}" y="${from}" width="12" height="${this.#y - from}" rx="3"/>`,
    )
    this.#waitsFrom.delete(event.client)
  }

  /** Text in a client's gutter, which is right of the first client's lifeline and left of all others'. */
  #block(event: Event, text: string, kind: string): void {
    const x = this.#xOf(event)
    this.#lines(text, kind, event.client === 1 ? x + 14 : x - GUTTER + STEP_COLUMN, CHARACTERS)
  }

  #lines(text: string, kind: string, x: number, characters: number): void {
    for (const line of wrapped(text, characters)) {
      this.#y += LINE
      this.#marks.push(`<text class="${kind}" x="${x}" y="${this.#y}">${escaped(line)}</text>`)
    }
  }

  #arrow(event: Event, kind: 'ask' | 'answer'): void {
    const client = this.#xOf(event)
    const store = event.store === undefined ? client : (this.#columns.x.get(titleOf(event.store)) ?? client)
    const [from, to] = kind === 'ask' ? [client, store] : [store, client]
    const back = to > from ? -8 : 8
    this.#y += 6
    const y = this.#y
    this.#marks.push(
      `<line class="${kind}" x1="${from}" y1="${y}" x2="${to}" y2="${y}"/><path class="${kind === 'ask' ? 'head' : 'tail'}" d="M${to} ${y}l${back} -4v8z"/>`,
    )
  }

  #xOf(event: Event): number {
    return this.#columns.x.get(nameOf(event.client)) ?? MARGIN
  }
}
