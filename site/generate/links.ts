/**
 * Documents of the checkout as pages: their links lead to pages where there is one, to files that are copied,
 * and else to the repository, if its address is known (HOLDFAST_REPOSITORY).
 */
import path from 'node:path'
import { PICTURES } from '../../experiments/picture.ts'
import type { SiteFile } from './page.ts'

export interface Places {
  /** By the path of a document in the checkout: the path of its page. */
  readonly pages: ReadonlyMap<string, string>
  /** `https://…/blob/<commit>`, without the last slash; absent if it is not known. */
  readonly repository?: string
}

export interface Linked {
  readonly text: string
  /** Files that its links need. */
  readonly files: readonly SiteFile[]
}

const LINK = /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)/g
const PICTURE = /\.(?:svg|png)$/
const COPIED = /^docs\/results\/[\w/-]+\.(?:html|json)$/

/** `from`: the document's path in the checkout; `page`: of its page. */
export function linked(markdown: string, from: string, page: string, places: Places): Linked {
  const files: SiteFile[] = []
  const link = (all: string, mark: string, words: string, target: string): string => {
    if (/^[a-z]+:/.test(target) || target.startsWith('#')) return all
    const [file = '', anchor] = target.split('#')
    const meant = path.posix.join(path.posix.dirname(from), file).replace(/\/$/, '')
    const found = places.pages.get(meant) ?? places.pages.get(`${meant}/README.md`)
    if (found !== undefined) return `${mark}[${words}](${relative(page, found)}${anchor ? `#${anchor}` : ''})`
    if (PICTURE.test(meant) && mark === '!') {
      const to = `pictures/${path.posix.basename(meant)}`
      files.push({ from: meant, to })
      return `![${words}](${relative(page, to)})`
    }
    if (PICTURE.test(meant) || COPIED.test(meant)) {
      const to = `public/files/${path.posix.basename(meant)}`
      files.push({ from: meant, to })
      return `[${words}](${relative(page, to.replace(/^public\//, ''))}){target="_self"}`
    }
    return places.repository === undefined ? words : `[${words}](${places.repository}/${meant})`
  }
  // The stylesheet of the site shows one of the two.
  const drawings = (_: string, narrow: string, words: string, wide: string): string =>
    [
      [wide, 'for-wide'],
      [narrow, 'for-narrow'],
    ]
      .map(([file, use]) => `${link('', '!', words, file ?? '')}{.${use} loading=lazy}`)
      .join('\n')
  const text = outsideCode(markdown, (prose) => prose.replaceAll(LINK, link).replaceAll(PICTURES, drawings))
  return { text, files }
}

/** Markup of GitHub that the site has no need of, or has in its own way. */
export function withoutMarkup(markdown: string): string {
  return outsideCode(markdown, (prose) =>
    prose
      .replaceAll(/<!--[\s\S]*?-->/g, '')
      .replaceAll(/<\/?sub>|<br>/g, '')
      .replaceAll(/<details><summary>(.*?)<\/summary>/g, '\n::: details $1\n')
      .replaceAll('</details>', '\n:::\n')
      .replaceAll('{{', '&#123;&#123;'),
  )
}

/** The same, with a part of it changed: not what stands in blocks or spans of code. */
function outsideCode(markdown: string, change: (prose: string) => string): string {
  return markdown
    .split(/(^ *```[\s\S]*?^ *```|`[^`\n]+`)/m)
    .map((part, at) => (at % 2 === 0 ? change(part) : part))
    .join('')
}

function relative(page: string, to: string): string {
  const found = path.posix.relative(path.posix.dirname(page), to)
  return found.startsWith('.') ? found : `./${found}`
}
