/**
 * Where everything of a diagram is, from left to right: the numbers of the steps, a bar for each client, the
 * statements, and a lane for each thing that is stored. It is narrow, so that it can be read on a phone.
 */
import { wrapped } from '../../report/wrapped.ts'
import type { Lane } from './lanes.ts'

export const WIDTH = 420
export const MARGIN = 10
export const LINE = 15
/** The width of a 12 px monospaced letter, in the widest of the usual fonts. */
const LETTER = 7.25
/** The same of other fonts, for a few letters of average width. */
export const LABEL_LETTER = 7.3
const BOLD_LETTER = 8.3
/** The space for the number of a step. */
const STEP_COLUMN = 18
/** From one client's bar to the next one. */
const BAR_GAP = 12
const LANE_GAP = 6
/** From one client's lock to the next one, in a lane. */
const LOCK_GAP = 7
/** Beside the labels of a lane. */
const LANE_EDGE = 6
/** Of a lane's title in a line. */
const LANE_TITLE_LETTERS = 9

export interface PlacedLane {
  readonly lane: Lane
  readonly title: readonly string[]
  readonly x: number
  readonly width: number
  /** Where its labels begin. */
  readonly textX: number
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
  const placed: PlacedLane[] = []
  let right = WIDTH - MARGIN
  for (const lane of lanes.toReversed()) {
    const title = wrapped(lane.title, LANE_TITLE_LETTERS)
    const left = lane.locks.length === 0 ? LANE_EDGE : clients * LOCK_GAP + LANE_EDGE
    const width = Math.ceil(Math.max(left + labelsWidth(lane) + LANE_EDGE, titleWidth(title) + 4))
    const x = right - width
    placed.unshift({ lane, title, x, width, textX: x + left })
    right = x - LANE_GAP
  }
  const textX = barX(clients) + 14
  return {
    clients,
    textX,
    textRight: right,
    characters: Math.floor((right - textX - 2) / LETTER),
    lanes: placed,
  }
}

function labelsWidth({ cells }: Lane): number {
  const widths = cells.flatMap(({ lines, tone }) =>
    lines.map((line) => line.length * (tone === 'wrong' ? BOLD_LETTER : LABEL_LETTER)),
  )
  return Math.max(0, ...widths)
}

function titleWidth(title: readonly string[]): number {
  return Math.max(...title.map((line) => line.length)) * BOLD_LETTER
}

/** The middle of a client's bar; `client` counts from 1. */
export function barX(client: number): number {
  return MARGIN + STEP_COLUMN + (client - 1) * BAR_GAP + 6
}

/** The middle of a client's lock in a lane. */
export function lockX({ x }: PlacedLane, client: number): number {
  return x + 5 + (client - 1) * LOCK_GAP
}
