/** Errors as short text, for a sentence, a line or a report. */

/** Enough for a message in the footer of a table, but not for the whole query that a driver may include. */
const LINE_CHARACTERS_MAX = 300

/** The first line of a thrown value's message, for use within a sentence. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') {
    return thrown.errors.map(reasonOf).join('; ')
  }
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown)
  return (text.trim().split('\n')[0] ?? '').replace(/[.\s]+$/, '')
}

/** A text in one line, cut to a readable length. */
export function oneLine(text: string, charactersMax = LINE_CHARACTERS_MAX): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > charactersMax ? `${line.slice(0, charactersMax)}…` : line
}
