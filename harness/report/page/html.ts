/** HTML as values: whatever is put into a template is escaped, unless it is HTML already. */

/** Markup that may stand in a page as it is. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/**
 * What a template takes: text and numbers are escaped, lists are joined, what is not there leaves nothing.
 */
export type Content = Html | string | number | undefined | readonly Content[]

/**
 * `` html`<b>${name}</b>` ``: the literal parts are markup, the values are text. Safe in elements
 * and in quoted attributes.
 */
export function html(literals: TemplateStringsArray, ...values: readonly Content[]): Html {
  let text = literals[0] ?? ''
  values.forEach((value, index) => {
    text += markup(value) + (literals[index + 1] ?? '')
  })
  return new Html(text)
}

/**
 * Markup that Holdfast itself made: its style, its script, its charts. Never anything out of a results file.
 */
export function trusted(text: string): Html {
  return new Html(text)
}

/** For text in elements and in quoted attributes, of HTML and of SVG alike. */
export function escaped(text: string): string {
  return text.replace(SPECIAL, (character) => ENTITIES[character] ?? UNPRINTABLE)
}

/** Without the characters that no document may have; markup is left as it is; the caller escapes it. */
export function printable(text: string): string {
  return text.replace(SPECIAL, (character) => (Object.hasOwn(ENTITIES, character) ? character : UNPRINTABLE))
}

const UNPRINTABLE = '\u{fffd}'

/**
 * Beside what is markup: characters that no document may have, and those that turn the
 * direction of the text after them.
 */
const SPECIAL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[&<>"'\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|\p{Surrogate}/gu

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function markup(value: Content): string {
  if (value === undefined) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'string') return escaped(value)
  if (typeof value === 'number') return String(value)
  return value.map(markup).join('')
}

/** A name as an element's id and as the end of a link to it: two names never give the same one. */
export function idOf(...parts: readonly (string | number)[]): string {
  return parts
    .map((part) =>
      String(part).replaceAll(/[^A-Za-z0-9-]/g, (character) => `_${character.codePointAt(0)?.toString(16)}_`),
    )
    .join('.')
}
