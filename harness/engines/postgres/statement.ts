/** A statement as the connections of a namespace take it, and which of them are prepared. */
import { isSeveral } from './statements.ts'

/** What may travel with a statement, in the same message to the server. */
export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
  /** A BEGIN that goes before it. If either fails, nothing that follows is executed. */
  readonly begin?: string
  /** COMMIT goes with it, and is executed only if it succeeds. */
  readonly commits?: boolean
}

/** Longer texts are made for one occasion. */
const CHARACTERS_MAX = 20_000

/**
 * Whether a text is one statement that reads or writes rows. In doubt it is not, and is sent whole each time.
 */
export function isPreparable(text: string): boolean {
  return (
    /^\s*(?:select|insert|update|delete|with|merge|values)\b/i.test(text) &&
    text.length <= CHARACTERS_MAX &&
    !isSeveral(text)
  )
}

/** All that is sent, in the order in which it is executed. */
export function textsOf({ begin, text, commits }: Statement): readonly string[] {
  return [...(begin === undefined ? [] : [begin]), text, ...(commits === true ? ['commit'] : [])]
}
