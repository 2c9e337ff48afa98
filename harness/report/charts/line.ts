/** A line of a chart, as data. */

export interface Point {
  /** The index of its place. */
  readonly at: number
  readonly value: number
  readonly min?: number
  readonly max?: number
}

export interface ChartLine {
  readonly name: string
  readonly colour: string
  readonly points: readonly Point[]
  readonly symbol?: string
  readonly dash?: string
}
