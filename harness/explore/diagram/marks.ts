/** The shapes of a diagram as SVG. */
import { escaped } from '../../report/page/html.ts'
import type { CellTone } from './lanes.ts'

export function textAt(kind: string, x: number, y: number, text: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escaped(text)}</text>`
}

/** A vertical bar; nothing if it has no length. */
export function barAt(kind: string, x: number, from: number, until: number): string {
  return until <= from ? '' : `<line class="${kind}" x1="${x}" y1="${from}" x2="${x}" y2="${until}"/>`
}

export function boxAt(
  kind: string,
  { x, y, width, height }: Readonly<Record<'x' | 'y' | 'width' | 'height', number>>,
  radius = 3,
): string {
  return `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}"/>`
}

/** The class of a cell in the colour of the client that has it. */
export function boxClass(tone: CellTone): string {
  return typeof tone === 'number' ? `b${tone}` : tone
}
