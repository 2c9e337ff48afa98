/** Every link of a built site leads somewhere: to a file of it, and to an anchor of that page. */
import path from 'node:path'

/** A built site: its files by path from its root, and the text of those that are pages. */
export interface BuiltSite {
  readonly files: ReadonlySet<string>
  readonly pages: ReadonlyMap<string, string>
}

const TARGET = /<(a|img|link|script)\b[^>]*?\b(?:href|src)="([^"]*)"/g

/** One line for each link that leads nowhere. */
export function deadLinks({ files, pages }: BuiltSite): readonly string[] {
  const dead: string[] = []
  for (const [page, html] of pages) {
    for (const [, , target = ''] of html.matchAll(TARGET)) {
      const [file = '', anchor] = target.replaceAll('&amp;', '&').split('#')
      if (/^[a-z]+:|^\/\//i.test(file)) continue
      if (file.startsWith('/')) dead.push(`${page}: ${target} is not relative`)
      const meant = file === '' ? page : path.posix.join(path.posix.dirname(page), decodeURI(file))
      const there = [meant, `${meant}.html`, path.posix.join(meant, 'index.html')].find((each) =>
        files.has(each),
      )
      if (there === undefined) dead.push(`${page}: ${target} is not there`)
      else if (anchor && !hasAnchor(pages.get(there), decodeURIComponent(anchor)))
        dead.push(`${page}: ${target} has no such heading`)
    }
  }
  return dead
}

function hasAnchor(html: string | undefined, anchor: string): boolean {
  return html === undefined || html.includes(` id="${anchor}"`)
}
