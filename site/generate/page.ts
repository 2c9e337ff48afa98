/** A page of the site as a file of Markdown, and what is copied beside the pages. */

export interface SitePage {
  /** Below the pages' folder, with `.md`. */
  readonly path: string
  /** In the navigation, and in the browser's tab. */
  readonly title: string
  /** Front matter included. */
  readonly text: string
}

/** A file of the checkout that pages show or lead to. */
export interface SiteFile {
  /** From the root of the checkout. */
  readonly from: string
  /** Below the pages' folder. */
  readonly to: string
}

/** One column of links, or a page of its own. */
export interface NavigationGroup {
  readonly text: string
  readonly pages: readonly { readonly text: string; readonly link: string }[]
}

/** Markdown with its title, and a notice of where it comes from. */
export function pageOf(path: string, title: string, body: readonly string[]): SitePage {
  const text = ['---', `title: ${JSON.stringify(title)}`, '---', '', ...body, ''].join('\n')
  return { path, title, text }
}

/** A table of Markdown. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
  return [head, head.map(() => '---'), ...rows.map((cells) => cells.map(cell))].map(
    (cells) => `| ${cells.join(' | ')} |`,
  )
}
