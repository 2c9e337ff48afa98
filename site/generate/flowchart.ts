/** Flowcharts of mermaid in words: the site needs no program of a megabyte for two of them. */

const EDGE = /^(\w+)(?:\["(.*?)"\])?\s*-->(?:\|"(.*?)"\|)?\s*(\w+)(?:\["(.*?)"\])?$/

/** A document with each flowchart as a list of its steps. */
export function withoutFlowcharts(markdown: string): string {
  return markdown.replaceAll(/```mermaid\n([\s\S]*?)```/g, (_, chart: string) => listOf(chart).join('\n'))
}

function listOf(chart: string): readonly string[] {
  const names = new Map<string, string>()
  const named = (id: string, words: string | undefined): string => {
    if (words !== undefined) names.set(id, words)
    return names.get(id) ?? id
  }
  return chart.split('\n').flatMap((line) => {
    const found = EDGE.exec(line.trim())
    if (found === null) return []
    const [, from = '', fromWords, label, to = '', toWords] = found
    const arrow = label === undefined ? '→' : `→ *${label}* →`
    return [`- **${named(from, fromWords)}** ${arrow} ${named(to, toWords)}`]
  })
}
