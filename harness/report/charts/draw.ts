/** Draws one panel with Echarts on the server: the same options give the same bytes. */
import * as echarts from 'echarts'
import { idOf, printable } from '../page/html.ts'
import type { Panel } from './chart.ts'
import { INK, PAPER, QUIET } from './theme.ts'

const FONT = 'sans-serif'
/** The estimated width of a letter, relative to the font size: there is no browser to measure it. */
const LETTER = 0.6

/** Font sizes of titles, and the relative width of their bold letters. */
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
    // Empty symbols are filled with the background of the page.
    const svg = chart.renderToSVGString().replaceAll('"#fff"', `"${PAPER}"`)
    return { ...size, body: inner(centredText(namedIds(withoutHover(svg), idOf(id)))) }
  } finally {
    chart.dispose()
  }
}

/** Longer names of strategies are cut; the table below the chart has them in full. */
const NAME_LENGTH_MAX = 40

/**
 * A name that is safe to pass to Echarts, which caches text widths in a plain object: `__proto__` or
 * `constructor` would pollute prototypes, so such names get an invisible character. A long one is cut in the
 * middle, since many begin alike; a title at its end.
 */
export function drawable(
  name: string,
  lengthMax = NAME_LENGTH_MAX,
  cutAt: 'middle' | 'end' = 'middle',
): string {
  const shown = printable(name)
  if (lettersIn(shown) > lengthMax) {
    const characters = [...shown]
    const endMax = cutAt === 'end' ? 0 : Math.floor((lengthMax - 1) / 2)
    const end = fitting(characters.toReversed(), endMax).toReversed()
    const start = fitting(characters, lengthMax - 1 - lettersIn(end.join('')))
    return `${start.join('')}…${end.join('')}`
  }
  return shown in Object.prototype ? `${shown}\u200b` : shown
}

export function textWidth(text: string, fontSize: number): number {
  return lettersIn(text) * fontSize * LETTER
}

/** As wide as two letters or more: ideographs, pictures, and what stands for an unprintable character. */
const WIDE = /[\u2e80-\uffff]/g

/** Its width in letters. */
function lettersIn(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0)
}

/** The first characters that are at most so many letters wide. */
function fitting(characters: readonly string[], lettersMax: number): readonly string[] {
  let letters = 0
  const over = characters.findIndex((character) => {
    letters += lettersIn(character)
    return letters > lettersMax
  })
  return over === -1 ? characters : characters.slice(0, over)
}

/** `width`: of the panel. Long titles get a smaller font. */
export function panelTitle(text: string, width: number, subtext = ''): object {
  const shown = drawable(text, Math.floor(width / (TITLE.min * TITLE.letter)), 'end')
  const fontSize = Math.max(TITLE.min, Math.min(TITLE.max, width / (lettersIn(shown) * TITLE.letter)))
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

/** Removes hover styles and pointer attributes: the charts are static. */
function withoutHover(svg: string): string {
  return svg.replace(/<style\s*>.*?<\/style>\s*/s, '').replaceAll(/ (?:class|cursor|ecmeta_\w+)="[^"]*"/g, '')
}

/** Some viewers do not support `dominant-baseline`; an offset works everywhere. */
function centredText(svg: string): string {
  return svg.replaceAll('dominant-baseline="central"', 'dy="0.35em"')
}

/** Echarts numbers ids per process; ids must be reproducible, and unique among the panels of a page. */
function namedIds(svg: string, id: string): string {
  const numbers = new Map<string, string>()
  return svg.replace(/\bzr\d+-[a-z]+-?\d+/g, (found) => {
    const known = numbers.get(found) ?? `${id}-${numbers.size}`
    numbers.set(found, known)
    return known
  })
}

/** The content of the `svg` element. */
function inner(svg: string): string {
  return svg
    .replace(/^[\s\S]*?<svg [^>]*>/, '')
    .replace(/<\/svg>\s*$/, '')
    .trim()
}
