/** A chart as data, before it is placed in a page or a file. */

/** What it is drawn for; `narrow`: the window of a phone, with one panel below another. */
export type ChartForm = 'wide' | 'narrow'

/** Of a panel: as wide as the window of a phone, less the margins of a page. */
export const NARROW_WIDTH = 340

/** SVG elements without the surrounding `svg` element, and their size. */
export interface Panel {
  readonly width: number
  readonly height: number
  readonly body: string
}

export interface Table {
  readonly head: readonly string[]
  /** Formatted figures. */
  readonly rows: readonly (readonly string[])[]
}

export interface Chart {
  /** Names its file and its anchor in the page. */
  readonly id: string
  readonly title: string
  /** What it shows, in one or two sentences. */
  readonly lead: string
  /** `wide` panels show several strategies, `small` panels one each. */
  readonly size: 'wide' | 'small'
  /** Empty if the run has no such figures; `absent` then says why. */
  readonly panels: readonly Panel[]
  readonly table: Table
  /** A remark below the chart. */
  readonly note?: string
  /** What must be said of the order of its strategies, where their repeats carry none. */
  readonly unranked?: string
  readonly absent?: string
}

export function absentChart(of: Pick<Chart, 'id' | 'title' | 'lead'>, absent: string): Chart {
  return { ...of, size: 'wide', panels: [], table: { head: [], rows: [] }, absent }
}
