/**
 * The table of faults as a picture, for a README: symbols and colours both, on a background of its own, with
 * colours for a light and for a dark page.
 */
import { type FaultGrid, foundIn, type GridCell } from '../fault-grid.ts'
import {
  lookOf,
  NOT_APPLICABLE,
  NOT_AS_PREDICTED,
  NOT_RUN,
  OUTCOME_LOOKS,
  type OutcomeLook,
} from '../fault-outcomes.ts'
import { counted } from '../format.ts'
import { escaped } from '../page/html.ts'
import { textWidth } from './draw.ts'

const MARGIN = 16
const FONT = 12
/** Of one cell. */
const CELL = { width: 30, height: 23, inset: 1.5 } as const
/** Names of strategies stand on their side. */
const HEAD_GAP = 10
const LEGEND_HEIGHT = 22

const STYLE = `
.paper{fill:#fff}.ink{fill:#1f2933}.quiet{fill:#56626e}.line{stroke:#dfe4e9}
.good{fill:#14683f}.bad{fill:#a61b12}.doubtful{fill:#7a5200}
.good-bg{fill:#d9efe2}.bad-bg{fill:#fbd9d5}.doubtful-bg{fill:#fbebbd}
@media (prefers-color-scheme:dark){
.paper{fill:#14191f}.ink{fill:#e4e8ec}.quiet{fill:#9fabb6}.line{stroke:#2b333c}
.good{fill:#6fd3a0}.bad{fill:#ff9a8c}.doubtful{fill:#e8c25a}
.good-bg{fill:#1a3a2b}.bad-bg{fill:#4a211d}.doubtful-bg{fill:#42371a}}
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-size:${FONT}px}
.mark{font-weight:bold;text-anchor:middle}.small{font-size:9px;text-anchor:middle}`

export function faultsPicture({ strategies, rows }: FaultGrid): string {
  const all = foundIn({ strategies, rows })
  const left = MARGIN + Math.max(120, ...rows.map(({ title }) => textWidth(title, FONT))) + HEAD_GAP
  const top = MARGIN + Math.max(60, ...strategies.map((name) => textWidth(name, FONT))) + HEAD_GAP
  const width = left + strategies.length * CELL.width + MARGIN
  const bottom = top + rows.length * CELL.height
  const legend = legendOf(all.map(lookOf), { left: MARGIN, top: bottom + LEGEND_HEIGHT, width })
  const height = legend.bottom + MARGIN
  const missed = all.filter(({ asPredicted }) => !asPredicted).length
  const told = `${counted(rows.length, 'fault')} and ${counted(strategies.length, 'strategy').replace('strategys', 'strategies')}: ${counted(all.length, 'cell')} run, ${missed} not as predicted.`
  return `<svg role="img" aria-labelledby="title desc" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" xmlns="http://www.w3.org/2000/svg">
<title id="title">What each strategy survives</title>
<desc id="desc">${escaped(told)}</desc>
<style>${STYLE}</style>
<rect class="paper" width="${width}" height="${height}" rx="6"/>
${strategies.map((name, at) => headOf(name, left + (at + 0.5) * CELL.width, top - HEAD_GAP)).join('\n')}
${rows
  .map(({ title, cells }, at) => {
    const y = top + at * CELL.height
    const label = `<text class="ink" x="${left - HEAD_GAP}" y="${y + 16}" text-anchor="end">${escaped(title)}</text>`
    return [label, ...cells.map((cell, column) => cellOf(cell, left + column * CELL.width, y))].join('')
  })
  .join('\n')}
${legend.body}
</svg>
`
}

function headOf(name: string, x: number, y: number): string {
  return `<text class="ink" transform="translate(${x + FONT / 3} ${y}) rotate(-90)">${escaped(name)}</text>`
}

function cellOf(cell: GridCell, x: number, y: number): string {
  const middle = x + CELL.width / 2
  if (cell.kind !== 'found') {
    const symbol = cell.kind === 'not-run' ? NOT_RUN : NOT_APPLICABLE
    return `<text class="quiet mark" x="${middle}" y="${y + 16}">${symbol}</text>`
  }
  const { symbol, className } = lookOf(cell.found)
  const box = `<rect class="${className}-bg" x="${x + CELL.inset}" y="${y + CELL.inset}" width="${CELL.width - 2 * CELL.inset}" height="${CELL.height - 2 * CELL.inset}" rx="3"/>`
  const mark = `<text class="${className} mark" x="${middle}" y="${y + 16}">${symbol}</text>`
  const missed = cell.found.asPredicted
    ? ''
    : `<text class="ink small" x="${x + CELL.width - 6}" y="${y + 10}">${NOT_AS_PREDICTED}</text>`
  return box + mark + missed
}

/** Of the outcomes that occur, in as many lines as it takes. */
function legendOf(
  shown: readonly OutcomeLook[],
  { left, top, width }: { readonly left: number; readonly top: number; readonly width: number },
): { readonly body: string; readonly bottom: number } {
  const occurring = OUTCOME_LOOKS.filter(({ text }) => shown.some((each) => each.text === text))
  const items = [
    ...occurring.map(({ symbol, words, className }) => ({ symbol, words, className: `${className}` })),
    { symbol: NOT_APPLICABLE, words: 'cannot happen to it', className: 'quiet' },
    { symbol: NOT_RUN, words: 'not run yet', className: 'quiet' },
    { symbol: NOT_AS_PREDICTED, words: 'not as predicted', className: 'ink' },
  ]
  let [x, y] = [left, top]
  const parts = items.map(({ symbol, words, className }) => {
    const length = textWidth(words, FONT) + 34
    if (x > left && x + length > width - MARGIN) [x, y] = [left, y + LEGEND_HEIGHT]
    const part = `<text class="${className} mark" x="${x + 7}" y="${y}">${symbol}</text><text class="ink" x="${x + 18}" y="${y}">${escaped(words)}</text>`
    x += length
    return part
  })
  return { body: parts.join('\n'), bottom: y }
}
