/** Errors as text that fits into a sentence, a line, a report. */

/** An error message is one line of a table's foot; a driver's whole query text is not. */
const LINE_CHARACTERS_MAX = 300

/** The first line of whatever was thrown, for use inside a sentence. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') {
    return thrown.errors.map(reasonOf).join('; ')
  }
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown)
  return (text.trim().split('\n')[0] ?? '').replace(/[.\s]+$/, '')
}

/** A text in one line, cut to a length that can be read. */
export function oneLine(text: string, charactersMax = LINE_CHARACTERS_MAX): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > charactersMax ? `${line.slice(0, charactersMax)}…` : line
}
