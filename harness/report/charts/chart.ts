/** What a chart is before it stands in a page or in a file of its own. */

/** A drawing without a frame of its own: the elements, and how large they are. */
export interface Panel {
  readonly width: number
  readonly height: number
  readonly body: string
}

export interface Table {
  readonly head: readonly string[]
  /** Figures as they are printed. */
  readonly rows: readonly (readonly string[])[]
}

export interface Chart {
  /** Names its file and its place in the page. */
  readonly id: string
  readonly title: string
  /** What is to be seen, in a sentence or two. */
  readonly lead: string
  /** `wide` panels hold several strategies, `small` ones a single one each. */
  readonly size: 'wide' | 'small'
  /** Empty where this run has no such figures; then `absent` says so. */
  readonly panels: readonly Panel[]
  readonly table: Table
  /** What the picture leaves out, or must be read with. */
  readonly note?: string
  readonly absent?: string
}

export function absentChart(of: Pick<Chart, 'id' | 'title' | 'lead'>, absent: string): Chart {
  return { ...of, size: 'wide', panels: [], table: { head: [], rows: [] }, absent }
}
