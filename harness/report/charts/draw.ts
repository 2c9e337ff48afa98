/** Draws one panel with Echarts, without a screen: the same options give the same bytes. */
import * as echarts from 'echarts'
import { idOf, printable } from '../page/html.ts'
import type { Panel } from './chart.ts'
import { INK, PAPER, QUIET } from './theme.ts'

const FONT = 'sans-serif'
/** Of a letter of an ordinary font, in parts of its size: no screen is there to measure it. */
const LETTER = 0.6

/** Bold letters are wider. */
const TITLE = { min: 9, max: 13, letter: 0.64 } as const

export type Option = echarts.EChartsCoreOption

export function draw(
  id: string,
  size: { readonly width: number; readonly height: number },
  option: Option,
): Panel {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size })
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: FONT }, ...option })
    // The inside of an empty symbol is the page's own colour.
    const svg = chart.renderToSVGString().replaceAll('"#fff"', `"${PAPER}"`)
    return { ...size, body: inner(centredText(namedIds(withoutHover(svg), idOf(id)))) }
  } finally {
    chart.dispose()
  }
}

/** Whatever a strategy calls itself: beyond this it is cut, and whole in the table behind the chart. */
const NAME_LENGTH_MAX = 40

/**
 * A name that Echarts may be given. It remembers the widths of texts in a plain object, so that one
 * named `__proto__` or `constructor` would change every object of this process; those get a
 * character that is not seen.
 */
export function drawable(name: string, lengthMax = NAME_LENGTH_MAX): string {
  const shown = printable(name)
  if (shown.length > lengthMax) return `${shown.slice(0, lengthMax - 1)}…`
  return shown in Object.prototype ? `${shown}\u200b` : shown
}

export function textWidth(text: string, fontSize: number): number {
  return text.length * fontSize * LETTER
}

/** `width`: of the panel; a long name is set smaller rather than cut. */
export function panelTitle(text: string, width: number, subtext = ''): object {
  const shown = drawable(text, Math.floor(width / (TITLE.min * TITLE.letter)))
  const fontSize = Math.max(TITLE.min, Math.min(TITLE.max, width / (shown.length * TITLE.letter)))
  return {
    text: shown,
    subtext,
    left: 0,
    top: 0,
    padding: 0,
    itemGap: 4,
    textStyle: { color: INK, fontSize, fontWeight: 'bold' },
    subtextStyle: { color: QUIET, fontSize: 11.5 },
  }
}

/** What Echarts adds for a mouse: this picture is for looking at. */
function withoutHover(svg: string): string {
  return svg.replace(/<style\s*>.*?<\/style>\s*/s, '').replaceAll(/ (?:class|cursor|ecmeta_\w+)="[^"]*"/g, '')
}

/** Not every viewer knows where the middle of a line of text is; all of them know an offset. */
function centredText(svg: string): string {
  return svg.replaceAll('dominant-baseline="central"', 'dy="0.35em"')
}

/** Echarts numbers its elements over the life of the process; many panels stand in one page. */
function namedIds(svg: string, id: string): string {
  const numbers = new Map<string, string>()
  return svg.replace(/\bzr\d+-[a-z]+-?\d+/g, (found) => {
    const known = numbers.get(found) ?? `${id}-${numbers.size}`
    numbers.set(found, known)
    return known
  })
}

/** Without the document around it, and without its background, which is the page's. */
function inner(svg: string): string {
  return svg
    .replace(/^[\s\S]*?<svg [^>]*>/, '')
    .replace(/<\/svg>\s*$/, '')
    .trim()
}
