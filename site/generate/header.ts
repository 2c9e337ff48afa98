/** The header of a strategy's file, by its parts. */

export interface HeaderPart {
  readonly title: string
  /** Markdown; interleavings are blocks of code. */
  readonly text: string
}

/** The parts that every header has, and the words that begin them; in the order of a page. */
const PARTS = [
  { title: 'Mechanism', label: 'Mechanism:' },
  { title: 'Deadline', label: 'Deadline:' },
  { title: 'Round trips per hold', label: 'Round trips per hold:' },
  { title: 'Weakness', label: 'Weakness:' },
] as const
const SAFETY = 'Why, or when, it oversells or not'
const SAFETY_LABEL = /^(?:Why|How) it [^.:]*oversells?\b/

/** What a page has of every strategy. */
export const HEADER_PARTS: readonly string[] = [
  'Technique',
  PARTS[0].title,
  SAFETY,
  ...PARTS.slice(1).map(({ title }) => title),
]

/** Throws for a file that does not open with a header that has all parts. */
export function headerOf(name: string, source: string): readonly HeaderPart[] {
  const comment = /^\/\*\*\n([\s\S]*?)\n \*\//.exec(source)?.[1]
  if (comment === undefined) throw new Error(`${name} does not open with a header`)
  const paragraphs = comment
    .split('\n')
    .map((line) => line.replace(/^ \* ?/, ''))
    .join('\n')
    .split(/\n{2,}/)
    .flatMap(splitAtLabels)
  const parts = new Map<string, string[]>([['Technique', []]])
  let current = 'Technique'
  for (const paragraph of paragraphs) {
    const found = titleOf(paragraph)
    if (found !== undefined) current = found.title
    parts.set(current, [...(parts.get(current) ?? []), found?.text ?? paragraph])
  }
  const missing = HEADER_PARTS.filter((title) => (parts.get(title) ?? []).length === 0)
  if (missing.length > 0) throw new Error(`the header of ${name} lacks: ${missing.join(', ')}`)
  return HEADER_PARTS.map((title) => ({
    title,
    text: (parts.get(title) ?? []).map(asMarkdown).join('\n\n'),
  }))
}

/** Some labels stand in the middle of a paragraph. */
function splitAtLabels(paragraph: string): readonly string[] {
  const labels = PARTS.map(({ label }) => label).join('|')
  return paragraph
    .split(new RegExp(`(?=\\b(?:${labels}))`))
    .map((text) => text.trimEnd())
    .filter((text) => text.trim() !== '')
}

function titleOf(paragraph: string): { readonly title: string; readonly text: string } | undefined {
  const part = PARTS.find(({ label }) => paragraph.startsWith(label))
  if (part !== undefined) return { title: part.title, text: paragraph.slice(part.label.length).trim() }
  return SAFETY_LABEL.test(paragraph.replaceAll('\n', ' ')) ? { title: SAFETY, text: paragraph } : undefined
}

/** Interleavings are indented in a header. */
function asMarkdown(paragraph: string): string {
  const lines = paragraph.split('\n')
  return lines.every((line) => line.startsWith('    '))
    ? ['```text', ...lines.map((line) => line.slice(4)), '```'].join('\n')
    : sentence(lines.join('\n'))
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
