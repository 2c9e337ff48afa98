/**
 * The rows of a diagram, from top to bottom: each event as text in the colour of its client. Where the steps
 * are, is kept for the bars and the lanes beside them.
 */
import { wrapped } from '../../report/wrapped.ts'
import type { Event } from '../schedule-run.ts'
import { nameOf, type Wrong } from '../transcript.ts'
import type { Lane } from './lanes.ts'
import { type DiagramLayout, LINE, MARGIN } from './layout.ts'
import { boxAt, textAt } from './marks.ts'
import type { Overtaken } from './overtaken.ts'
import type { Owners } from './owners.ts'
import { answerTold, endTold, happeningTold, statementOf, wrongTold } from './words.ts'

const ROW_GAP = 9
const LINES_PER_TEXT_MAX = 6
/** A line of a cell, and what is around all of them. */
export const CELL_LINE = 14
export const CELL_EDGE = 8

/** Marks, from one height to another. */
export interface DrawnPart {
  readonly marks: readonly string[]
  readonly end: number
}

export interface Rows {
  /** Below the last row. */
  readonly end: number
  /** Where a step begins. */
  readonly begins: ReadonlyMap<number, number>
  /** Where a step ends; 0: where the first begins. */
  readonly ends: ReadonlyMap<number, number>
  /** Where what is stored changes with a step, and those who waited for it go on; 0: as above. */
  readonly changes: ReadonlyMap<number, number>
  /** Where each event is. */
  readonly at: ReadonlyMap<Event, number>
  /** Where what the client does in the step is over. */
  readonly until: ReadonlyMap<Event, number>
  /** Behind the text. */
  readonly bands: readonly string[]
  readonly marks: readonly string[]
}

export interface DrawnEvents {
  readonly events: readonly Event[]
  readonly wrong: Wrong | undefined
  readonly overtaken: readonly Overtaken[]
  readonly owners: Owners
}

export function rowsOf(told: DrawnEvents, layout: DiagramLayout, top: number): Rows {
  const drawing = new RowsDrawing(layout, told, top)
  const steps = [...Map.groupBy(told.events, ({ step }) => step)].toSorted(([one], [other]) => one - other)
  for (const [at, [step, events]] of steps.entries()) {
    drawing.step(step, events)
    const isLast = at === steps.length - 1
    const { wrong } = told
    if (wrong !== undefined && (wrong.step === step || (isLast && wrong.step > step))) {
      drawing.across('wrong', wrongTold(wrong, told.owners))
    }
  }
  return drawing.rows()
}

class RowsDrawing {
  readonly #layout: DiagramLayout
  readonly #overtaken: readonly Overtaken[]
  readonly #owners: Owners
  readonly #bands: string[] = []
  readonly #marks: string[] = []
  readonly #begins = new Map<number, number>()
  readonly #ends = new Map<number, number>()
  readonly #changes = new Map<number, number>()
  readonly #at = new Map<Event, number>()
  readonly #until = new Map<Event, number>()
  /** What each client has asked last. */
  readonly #asked = new Map<number, string>()
  /** The position below the last row. */
  #y: number

  constructor(layout: DiagramLayout, { overtaken, owners }: DrawnEvents, top: number) {
    this.#layout = layout
    this.#overtaken = overtaken
    this.#owners = owners
    this.#y = top
    this.#ends.set(0, top)
    this.#changes.set(0, top)
  }

  rows(): Rows {
    const last = Math.max(...this.#changes.keys())
    this.#y = Math.max(this.#y, this.#roomFor(last + 1))
    return {
      end: this.#y,
      begins: this.#begins,
      ends: this.#ends,
      changes: this.#changes,
      at: this.#at,
      until: this.#until,
      bands: this.#bands,
      marks: this.#marks,
    }
  }

  step(step: number, events: readonly Event[]): void {
    this.#y += ROW_GAP
    this.#begins.set(step, this.#y)
    this.#marks.push(textAt('step', MARGIN, this.#y + LINE - 2, String(step)))
    const blocks = runsOf(events)
    // By the client that is told so; else by the client whose step it is.
    const changing = Math.max(
      0,
      blocks.findLastIndex((own) => own.some(isGrant)),
    )
    let began = this.#y
    for (const [at, own] of blocks.entries()) {
      this.#block(own, began)
      if (at === changing) {
        // What was there before must have had room in its lane.
        this.#y = Math.max(this.#y, this.#roomFor(step))
        this.#changes.set(step, this.#y)
      }
      began = this.#y
      for (const event of own) this.#until.set(event, began)
      if (at === changing) {
        for (const each of this.#overtaken.filter((one) => one.step === step)) this.#note(each)
      }
    }
    this.#ends.set(step, this.#y)
  }

  /** A box as wide as the statements. */
  across(kind: 'happen' | 'wrong', text: string): void {
    const { textX: x, textRight, characters } = this.#layout
    const lines = wrapped(text, characters - 1)
    this.#y += 4
    const box = { x: x - 4, y: this.#y, width: textRight - x + 4, height: lines.length * LINE + 8 }
    this.#bands.push(boxAt(kind, box))
    this.#lines(`${kind}s`, lines)
    this.#y += 8
  }

  /** Events of one client that follow each other in one step. `began`: where the first of them happens. */
  #block(events: readonly Event[], began: number): void {
    const [first] = events
    if (first === undefined) return
    const { textX, textRight } = this.#layout
    const top = this.#y
    this.#y += 1
    if (first.client !== 0) {
      this.#y += LINE
      this.#marks.push(textAt(`name n${first.client}`, textX, this.#y, nameOf(first.client)))
    }
    for (const event of events) {
      this.#at.set(event, event === first ? began : this.#y + 4)
      this.#event(event)
    }
    this.#y += 5
    const box = { x: textX - 4, y: top, width: textRight - textX + 4, height: this.#y - top }
    this.#bands.push(boxAt(first.client === 0 ? 'happen' : `b${first.client}`, box))
  }

  #event(event: Event): void {
    const { characters } = this.#layout
    switch (event.kind) {
      case 'begins':
        break
      case 'asks':
        this.#asked.set(event.client, event.text)
        this.#text('asked', statementOf(event, characters * LINES_PER_TEXT_MAX))
        break
      case 'answers': {
        const told = answerTold(event.text, characters * 3, this.#asked.get(event.client))
        if (told !== undefined) this.#text('said', `→ ${told}`)
        break
      }
      case 'waits':
        this.#text('waits', `… ${event.text}`)
        break
      case 'ends': {
        const { words, isGranted } = endTold(event)
        this.#text(`told ${isGranted ? 'granted' : 'refused'}`, `${isGranted ? '✔' : '✘'} ${words}`)
        break
      }
      case 'happens':
        this.#text('happens', happeningTold(event.text, this.#owners))
        break
    }
  }

  #note({ kind, client, read }: Overtaken): void {
    const name = nameOf(client)
    if (kind === 'paused') this.#text('pauses', `${name} is paused for longer than that`)
    else this.#text('stales', `what ${name} read (${read}) is stale now`)
    this.#y += 6
  }

  #text(kind: string, text: string): void {
    const letters = kind.startsWith('told') ? this.#layout.characters - 1 : this.#layout.characters
    this.#lines(kind, wrapped(text, letters))
  }

  #lines(kind: string, lines: readonly string[]): void {
    for (const line of lines) {
      this.#y += LINE
      this.#marks.push(textAt(kind, this.#layout.textX, this.#y, line))
    }
  }

  /** Where the next cell of a lane may begin, if it changes with this step. */
  #roomFor(step: number): number {
    return Math.max(0, ...this.#layout.lanes.map(({ lane }) => this.#endOf(lane, step)))
  }

  #endOf({ cells }: Lane, step: number): number {
    const isLast = cells.every(({ from }) => from < step)
    if (!isLast && cells.every(({ from }) => from !== step)) return 0
    const before = cells.findLast(({ from }) => from < step)
    const from = before === undefined ? undefined : this.#changes.get(before.from)
    return before === undefined || from === undefined
      ? 0
      : from + before.lines.length * CELL_LINE + 2 * CELL_EDGE
  }
}

/** The end of a call that has changed what is stored. */
function isGrant(event: Event): boolean {
  return event.kind === 'ends' && endTold(event).isGranted
}

/** What follows each other and is of one client. */
function runsOf(events: readonly Event[]): readonly (readonly Event[])[] {
  const runs: Event[][] = []
  for (const event of events) {
    const last = runs.at(-1)
    if (last?.[0]?.client === event.client) last.push(event)
    else runs.push([event])
  }
  return runs
}
