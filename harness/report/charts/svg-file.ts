/** Charts as separate SVG files, with their settings below and a description for screen readers. */
import type { Results } from '../../results/results.ts'
import { emptyReason, notCharted, settingsLines } from '../caption.ts'
import { listed } from '../format.ts'
import { escaped } from '../page/html.ts'
import { type Chart, type ChartForm, NARROW_WIDTH, type Panel } from './chart.ts'
import { chartsOf } from './charts.ts'
import { textWidth } from './draw.ts'
import { INK, PAPER, QUIET } from './theme.ts'

const GAP = { x: 28, y: 22 } as const
const CAPTION = { fontSize: 11.5, height: 17 } as const
const HEADING = { leadSize: 13, leadHeight: 19 } as const
/** Around the panels: widths in pixels, and the size of the heading. */
const FORMS = {
  wide: { margin: 32, widthMin: 720, headingSize: 20, columns: { wide: 2, small: 4 } },
  narrow: { margin: 10, widthMin: NARROW_WIDTH, headingSize: 16, columns: { wide: 1, small: 1 } },
} as const satisfies Readonly<Record<ChartForm, object>>

/** One chart with its heading, as `report/charts/<id>.svg`; its panels are drawn for the same form. */
export function chartFile(chart: Chart, results: Results, form: ChartForm = 'wide'): string {
  const about = { title: `Holdfast: ${chart.title}`, description: described(chart) }
  return document([chart], results, about, form)
}

/** The overview of a run in one file: goodput, waits, batches, and the other workloads. */
export function renderChart(results: Results): string {
  const { charts, data } = chartsOf(results)
  const shown = charts.filter(({ id, panels }) => OVERVIEW.includes(id) && panels.length > 0)
  const names = charts.length === 0 ? [] : data.styles.map(({ strategy }) => strategy)
  return document(shown, results, {
    title:
      shown.length === 0
        ? `Holdfast: nothing to compare. ${emptyReason(results)}`
        : `Holdfast: goodput and latency of ${listed(names)}`,
    description: shown.map(described).join('\n'),
  })
}

/** The chart of a load over HTTP; undefined if it has no lines. */
export function renderLoadChart(results: Results): string | undefined {
  const chart = chartsOf(results).charts.find(({ id, panels }) => id === 'load' && panels.length > 0)
  return chart && chartFile(chart, results)
}

const OVERVIEW: readonly string[] = ['goodput', 'waits', 'batches', 'workloads']

function document(
  charts: readonly Chart[],
  results: Results,
  { title, description }: { readonly title: string; readonly description: string },
  form: ChartForm = 'wide',
): string {
  const { margin, widthMin, headingSize } = FORMS[form]
  const caption = [
    ...settingsLines(results),
    ...notCharted(results),
    ...new Set(charts.flatMap(({ unranked }) => unranked ?? [])),
  ]
  const layouts = charts.map((chart) => laidOut(chart, form))
  const width = Math.max(widthMin, ...layouts.map((layout) => layout.width)) + 2 * margin
  const parts: string[] = []
  let y: number = margin
  if (charts.length === 0) {
    parts.push(line(margin, y + 18, 'Nothing to compare', { size: headingSize, isBold: true }))
    parts.push(line(margin, y + 46, emptyReason(results), { size: 15 }))
    y += 70
  }
  for (const { chart, placed, height } of layouts) {
    const headings = wrapped(chart.title, width - 2 * margin, headingSize)
    for (const [row, text] of headings.entries())
      parts.push(line(margin, y + 18 + row * (headingSize + 4), text, { size: headingSize, isBold: true }))
    y += 42 + (headings.length - 1) * (headingSize + 4)
    for (const text of wrapped(
      [chart.lead, chart.note ?? ''].join(' ').trim(),
      width - 2 * margin,
      HEADING.leadSize,
    )) {
      parts.push(line(margin, y, text, { size: HEADING.leadSize, fill: QUIET }))
      y += HEADING.leadHeight
    }
    y += 8
    for (const { panel, left, top } of placed) {
      parts.push(`<g transform="translate(${margin + left} ${y + top})">\n${panel.body}\n</g>`)
    }
    y += height + 2 * GAP.y
  }
  for (const text of caption.flatMap((each) => wrapped(each, width - 2 * margin, CAPTION.fontSize))) {
    parts.push(line(margin, y, text, { size: CAPTION.fontSize, fill: QUIET }))
    y += CAPTION.height
  }
  const height = Math.ceil(y + margin / 2)
  const words = [description, ...caption].filter((text) => text !== '').join('\n')
  return `<svg role="img" aria-labelledby="title desc" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1">
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(words)}</desc>
<rect width="${width}" height="${height}" fill="${PAPER}"/>
${parts.join('\n')}
</svg>
`
}

interface Layout {
  readonly chart: Chart
  readonly width: number
  readonly height: number
  readonly placed: readonly { readonly panel: Panel; readonly left: number; readonly top: number }[]
}

/** Places panels in rows, each as high as its highest panel. */
function laidOut(chart: Chart, form: ChartForm): Layout {
  const columns = FORMS[form].columns[chart.size]
  const columnWidth = Math.max(0, ...chart.panels.map(({ width }) => width)) + GAP.x
  const placed: { panel: Panel; left: number; top: number }[] = []
  let top = 0
  for (let first = 0; first < chart.panels.length; first += columns) {
    const row = chart.panels.slice(first, first + columns)
    row.forEach((panel, column) => {
      placed.push({ panel, left: column * columnWidth, top })
    })
    top += Math.max(...row.map(({ height }) => height)) + GAP.y
  }
  const across = Math.min(columns, chart.panels.length)
  return { chart, placed, width: Math.max(0, across * columnWidth - GAP.x), height: Math.max(0, top - GAP.y) }
}

/** The figures of a chart as sentences. */
function described({ title, lead, table }: Chart): string {
  const rows = table.rows.map((row) =>
    row.map((cell, at) => (at === 0 ? cell : `${table.head[at] ?? ''} ${cell}`)).join(', '),
  )
  return [`${title}. ${lead}`, ...rows].join('\n')
}

function line(
  x: number,
  y: number,
  text: string,
  {
    size,
    isBold = false,
    fill = INK,
  }: { readonly size: number; readonly isBold?: boolean; readonly fill?: string },
): string {
  const weight = isBold ? ' font-weight="bold"' : ''
  return `<text x="${x}" y="${y}" fill="${fill}" font-family="sans-serif" font-size="${size}"${weight}>${escaped(text)}</text>`
}

function wrapped(text: string, width: number, size: number): readonly string[] {
  const lines: string[] = []
  let current = ''
  for (const word of text.split(' ')) {
    if (current !== '' && textWidth(`${current} ${word}`, size) > width) {
      lines.push(current)
      current = word
    } else current = current === '' ? word : `${current} ${word}`
  }
  return current === '' ? lines : [...lines, current]
}
