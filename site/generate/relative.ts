/**
 * Makes a built site independent of where it is served: every address that begins with the base it was built
 * with becomes relative to the page. In scripts it becomes a variable, which each page sets before they run.
 */
import { type ParsedScript, parseScript } from './script.ts'

/** What the site is built with; nothing else in it may have this text. */
export const BUILT_BASE = '/holdfast-base-of-this-site/'
/** Pages are classes, too. */
const AS_CLASS = BUILT_BASE.replaceAll('/', '_')
const VARIABLE = 'globalThis.__siteBase'

/** `depth`: in how many folders the page is. */
export function relativePage(html: string, depth: number): string {
  const up = depth === 0 ? './' : '../'.repeat(depth)
  const set = `<script>${VARIABLE}=new URL(${JSON.stringify(up)},location.href).pathname</script>`
  return html
    .replace('<head>', `<head>${set}`)
    .replaceAll(/(<script[^>]*>)([\s\S]*?)(<\/script>)/g, (_, open: string, code: string, close: string) =>
      [open.replaceAll(BUILT_BASE, up), withoutBase(code), close].join(''),
    )
    .replaceAll(BUILT_BASE, up)
    .replaceAll(AS_CLASS, '_')
}

/** A stylesheet is in one folder below the site. */
export function relativeStyle(css: string): string {
  return css.replaceAll(BUILT_BASE, '../')
}

/** Strings that begin with, or contain, the base. Throws for a script that cannot be parsed. */
export function relativeScript(code: string, parse: (code: string) => ParsedScript): string {
  if (!code.includes(BUILT_BASE)) return code
  let text = code
  for (const literal of parseScript(parse(code)).toReversed()) {
    const raw = code.slice(literal.start, literal.end)
    if (!raw.includes(BUILT_BASE)) continue
    const changed = literal.isTemplate
      ? raw.replaceAll(BUILT_BASE, `\${${VARIABLE}}`)
      : `(${raw.split(BUILT_BASE).join(`${raw.at(0)}+${VARIABLE}+${raw.at(0)}`)})`
    text = text.slice(0, literal.start) + changed + text.slice(literal.end)
  }
  return text
}

/** The data of a page are a string in double quotes within a small script. */
function withoutBase(code: string): string {
  return code.replaceAll(BUILT_BASE, `"+${VARIABLE}+"`)
}
