/** The text around a panel of lines: the names of lines at their ends, and marks. */
import { textWidth } from './draw.ts'
import type { ChartLine } from './line.ts'
import { INK, MARK } from './theme.ts'

export const LABEL = { fontSize: 11.5, height: 14, gap: 18 } as const
/** Between the name of a marked place and the name of the values, which is at the same height. */
const PLACE_NAME_GAP = 12

/** A horizontal limit, or a place on the x axis. */
export type Mark =
  | { readonly kind: 'limit'; readonly value: number; readonly text: string }
  | { readonly kind: 'place'; readonly at: number; readonly text: string }

interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

export interface Frame {
  readonly box: Box
  readonly x: (at: number) => number
  readonly y: (value: number) => number
}

/** The name of each line at its end. Names that would overlap are moved apart and connected by a leader. */
export function endLabels(
  lines: readonly ChartLine[],
  limits: readonly Extract<Mark, { kind: 'limit' }>[],
  { x, y, box }: Frame,
): readonly object[] {
  const labels = [
    ...limits.map(({ value, text }) => ({
      name: text,
      colour: MARK,
      ink: MARK,
      fromX: box.left + box.width - 5,
      fromY: y(value),
    })),
    ...lines.flatMap(({ name, colour, points }) => {
      const last = points.at(-1)
      return name === '' || last === undefined
        ? []
        : [{ name, colour, ink: INK, fromX: x(last.at), fromY: y(last.value) }]
    }),
  ].sort((one, other) => one.fromY - other.fromY)
  const heights = spread(
    labels.map(({ fromY }) => fromY),
    {
      gap: LABEL.height,
      min: box.top - LABEL.height / 2,
      max: box.top + box.height + LABEL.height / 2,
    },
  )
  const edge = box.left + box.width
  return labels.flatMap(({ name, colour, ink, fromX, fromY }, order) => {
    const toY = heights[order] ?? fromY
    return [
      {
        type: 'polyline',
        silent: true,
        z: 2,
        shape: {
          points: [
            [fromX + 5, fromY],
            [edge, fromY],
            [edge + LABEL.gap - 4, toY],
          ].filter(([at = 0]) => at >= fromX),
        },
        style: { stroke: colour, lineWidth: 1, opacity: 0.55, fill: 'none' },
      },
      {
        type: 'text',
        silent: true,
        x: edge + LABEL.gap,
        y: toY,
        style: {
          text: name,
          fill: ink,
          font: `${LABEL.fontSize}px sans-serif`,
          verticalAlign: 'middle',
        },
      },
    ]
  })
}

/** Moves ascending positions as little as possible, so that they are `gap` apart and within bounds. */
function spread(
  heights: readonly number[],
  { gap, min, max }: { readonly gap: number; readonly min: number; readonly max: number },
): readonly number[] {
  const moved = [...heights]
  for (let at = 0; at < moved.length; at++) {
    moved[at] = Math.max(moved[at] ?? min, at === 0 ? min : (moved[at - 1] ?? min) + gap)
  }
  for (let at = moved.length - 1; at >= 0; at--) {
    const below = at === moved.length - 1 ? max : (moved[at + 1] ?? max) - gap
    moved[at] = Math.min(moved[at] ?? max, below)
  }
  return moved
}

/** The line of a mark. A place is named above the panel; a limit by `endLabels`. */
export function markGraphics(mark: Mark, { box, x, y }: Frame): readonly object[] {
  const line = (x1: number, y1: number, x2: number, y2: number): object => ({
    type: 'line',
    silent: true,
    shape: { x1, y1, x2, y2 },
    style: { stroke: MARK, lineWidth: 1.25, lineDash: [5, 4] },
  })
  if (mark.kind === 'limit') {
    const at = y(mark.value)
    return [line(box.left, at, box.left + box.width, at)]
  }
  const at = x(mark.at)
  return [
    line(at, box.top - 3, at, box.top + box.height),
    {
      type: 'text',
      silent: true,
      x: Math.max(at, box.left + textWidth(mark.text, LABEL.fontSize) / 2 + PLACE_NAME_GAP),
      y: box.top - 5,
      style: {
        text: mark.text,
        fill: MARK,
        font: `bold ${LABEL.fontSize}px sans-serif`,
        align: 'center',
        verticalAlign: 'bottom',
      },
    },
  ]
}
