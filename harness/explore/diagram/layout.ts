/**
 * Where everything of a diagram is, from left to right: the numbers of the steps, a bar for each client, the
 * statements, and a lane for each thing that is stored. It is narrow, so that it can be read on a phone.
 */
import type { Lane } from './lanes.ts'

export const WIDTH = 420
export const MARGIN = 10
export const LINE = 15
/** The width of a 12 px monospaced letter, in the widest of the usual fonts. */
const LETTER = 7.25
/** The space for the number of a step. */
const STEP_COLUMN = 18
/** From one client's bar to the next one. */
const BAR_GAP = 12
const LANE_GAP = 6
/** By the number of lanes. */
const LANE_WIDTHS = [0, 92, 74, 62] as const

export interface PlacedLane {
  readonly lane: Lane
  readonly x: number
  readonly width: number
}

export interface DiagramLayout {
  readonly clients: number
  readonly textX: number
  readonly textRight: number
  /** How many letters of a statement a line has. */
  readonly characters: number
  readonly lanes: readonly PlacedLane[]
}

export function layoutOf(clients: number, lanes: readonly Lane[]): DiagramLayout {
  const width = LANE_WIDTHS[lanes.length] ?? 50
  const lanesX = WIDTH - MARGIN - lanes.length * (width + LANE_GAP) + LANE_GAP
  const textX = barX(clients) + 14
  const textRight = lanes.length === 0 ? WIDTH - MARGIN : lanesX - LANE_GAP
  return {
    clients,
    textX,
    textRight,
    characters: Math.floor((textRight - textX - 2) / LETTER),
    lanes: lanes.map((lane, at) => ({ lane, x: lanesX + at * (width + LANE_GAP), width })),
  }
}

/** The middle of a client's bar; `client` counts from 1. */
export function barX(client: number): number {
  return MARGIN + STEP_COLUMN + (client - 1) * BAR_GAP + 6
}
