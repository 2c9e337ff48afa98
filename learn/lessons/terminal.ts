/** A lesson in a terminal: Markdown without its marks, wrapped; tables as columns. */
import { PICTURES } from '../../experiments/picture.ts'
import type { Paint } from '../../harness/report/tone.ts'
import { flowing } from '../../harness/report/wrapped.ts'
import { withoutComments } from './places.ts'

/** Longer lines are hard to read. */
export const COLUMNS_MAX = 100
/** Of a column in a table; longer cells are wrapped. */
const CELL_MIN = 8

export interface Terminal {
  readonly paint: Paint
  readonly columns: number
}

export function inTerminal(markdown: string, { paint, columns }: Terminal): string {
  const width = Math.min(columns, COLUMNS_MAX)
  const blocks = withoutComments(markdown)
    .replaceAll(/<\/?sub>/g, '')
    .split(/\n{2,}/)
    .map((block) => block.replace(/^\n+|\n+$/g, ''))
    .filter((block) => block !== '')
  return joined(blocks)
    .map((block) => blockIn(block, width, paint))
    .join('\n\n')
}

/** A block of code may have empty lines. */
function joined(blocks: readonly string[]): readonly string[] {
  const all: string[] = []
  for (const block of blocks) {
    const before = all.at(-1)
    const isOpen = before?.startsWith('```') === true && before.split('```').length % 2 === 0
    if (isOpen) all[all.length - 1] = `${before}\n\n${block}`
    else all.push(block)
  }
  return all
}

function blockIn(block: string, width: number, paint: Paint): string {
  if (block.startsWith('```')) {
    const lines = block.split('\n').filter((line) => !line.startsWith('```'))
    return lines.map((line) => `    ${line}`).join('\n')
  }
  if (block.startsWith('|')) return tableIn(block, width)
  if (block.startsWith('#')) return paint('strong', plain(block.replace(/^#+ /, '')))
  if (block.startsWith('> ') || block === '>') {
    const said = block.replaceAll(/^> ?/gm, '')
    const parts = said.split(/\n\n/).map((part) => wrapped(plain(part), width, '  │ '))
    return parts.join('\n  │\n')
  }
  const items = block.split(/\n(?=(?:- |\d+\. ))/)
  return items
    .map((item) => {
      const [mark = ''] = /^(?:- |\d+\. )/.exec(item) ?? []
      const text = plain(item.slice(mark.length))
      return mark === '' ? wrapped(text, width) : wrapped(text, width, ' '.repeat(mark.length), mark)
    })
    .join('\n')
}

/** One paragraph without its marks. */
export function plain(text: string): string {
  return text
    .replaceAll(PICTURES, '![$2]($3)')
    .replaceAll(
      /!\[([^\]]*)\]\(([^)]*)\)/g,
      (_, words: string, to: string) => `[picture: ${words}; ${named(to)}]`,
    )
    .replaceAll(/\[([^\]]*)\]\(([^)]*)\)/g, '$1')
    .replaceAll(/\*\*([^*]+)\*\*/g, '$1')
    .replaceAll(/(^|[\s("“])\*([^*]+)\*/g, '$1$2')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** From the root of the repository. */
function named(link: string): string {
  return link.replace(/^\.\.\//, 'docs/')
}

export function wrapped(text: string, width: number, indent = '', first = indent): string {
  return flowing(text, { columns: width, first, next: indent }).join('\n')
}

function tableIn(block: string, width: number): string {
  const rows = block
    .split('\n')
    .filter((row) => !/^\|[\s:|-]+\|$/.test(row))
    .map((row) => row.replace(/^\|/, '').replace(/\|$/, '').split('|').map(plain))
  const count = Math.max(...rows.map((row) => row.length))
  const longest = Array.from({ length: count }, (_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0), 1),
  )
  const room = width - 2 * (count - 1)
  const widths = fitting(longest, room)
  return rows.map((row) => rowIn(row, widths)).join('\n')
}

/** What is short keeps its length; the rest is shared by the long ones. */
function fitting(longest: readonly number[], room: number): readonly number[] {
  let left = room
  const widths = new Map<number, number>()
  for (const [rank, { length, at }] of longest
    .map((length, at) => ({ length, at }))
    .toSorted((one, other) => one.length - other.length)
    .entries()) {
    const share = Math.max(CELL_MIN, Math.floor(left / (longest.length - rank)))
    const width = Math.min(length, share)
    widths.set(at, width)
    left -= width
  }
  return longest.map((_, at) => widths.get(at) ?? CELL_MIN)
}

function rowIn(row: readonly string[], widths: readonly number[]): string {
  const cells = widths.map((width, at) => wrapped(row[at] ?? '', width).split('\n'))
  const height = Math.max(...cells.map((lines) => lines.length))
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((lines, at) => (lines[line] ?? '').padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  ).join('\n')
}
