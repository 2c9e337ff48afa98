/** Annotations of GitHub's actions: a line for each failure, which a pull request then shows. */
import type { BuildCheck } from './build-check.ts'

/** GitHub shows ten of a kind for one step, and drops the rest. */
const ANNOTATIONS_MAX = 10

export function annotations(judgements: readonly BuildCheck[]): string {
  const bad = judgements.filter(({ kind }) => kind === 'failed' || kind === 'not-proven')
  const lines = bad.slice(0, ANNOTATIONS_MAX).map(annotation)
  const more = bad.length - lines.length
  if (more > 0) lines.push(`::notice::${inMessage(`and ${more} more: they are in the output`)}`)
  return lines.map((line) => `${line}\n`).join('')
}

function annotation({ group, name, kind, why = '', details }: BuildCheck): string {
  const title = `${group} · ${name}: ${kind === 'failed' ? 'failed' : 'not proven'}`
  const message = details === undefined || details === '' ? why : `${why}\n${details}`
  return `::error title=${inProperty(title)}::${inMessage(message)}`
}

function inMessage(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function inProperty(text: string): string {
  return inMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
