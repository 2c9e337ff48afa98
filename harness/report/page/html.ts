/** HTML as values: everything inserted into a template is escaped, unless it is `Html`. */

/** Markup that needs no escaping. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** The values of a template: text is escaped, lists are concatenated, undefined is omitted. */
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

/** Markup made by Holdfast itself: styles, scripts, charts. Never text from a results file. */
export function trusted(text: string): Html {
  return new Html(text)
}

/** For text in elements and quoted attributes, of HTML and SVG. */
export function escaped(text: string): string {
  return text.replace(SPECIAL, (character) => ENTITIES[character] ?? UNPRINTABLE)
}

/** Replaces characters that are not allowed in a document, without escaping markup. */
export function printable(text: string): string {
  return text.replace(SPECIAL, (character) => (Object.hasOwn(ENTITIES, character) ? character : UNPRINTABLE))
}

const UNPRINTABLE = '\u{fffd}'

/** Markup, characters that are not allowed in a document, and those that change the text direction. */
const SPECIAL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are replaced
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

/** An element id and link target from names; different names give different ids. */
export function idOf(...parts: readonly (string | number)[]): string {
  return parts
    .map((part) =>
      String(part).replaceAll(/[^A-Za-z0-9-]/g, (character) => `_${character.codePointAt(0)?.toString(16)}_`),
    )
    .join('.')
}
