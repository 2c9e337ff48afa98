/** How VitePress builds what `npm run site` has written into pages/. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitepress'

interface Group {
  readonly text: string
  readonly pages: readonly { readonly text: string; readonly link: string }[]
}

const groups = JSON.parse(
  readFileSync(join(import.meta.dirname, '../pages/navigation.json'), 'utf8'),
) as readonly Group[]

export default defineConfig({
  title: 'Holdfast',
  description: 'How do you sell a seat only once? Measured, and proved, on real engines.',
  lang: 'en',
  // Otherwise browsers ask for one at the root of the host, where this site need not be.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  srcDir: 'pages',
  outDir: 'dist',
  // Replaced by relative addresses when the site is built: see generate/relative.ts.
  base: process.env.SITE_BASE ?? '/',
  // Pages are found on any host, and from a folder, only with their whole names.
  cleanUrls: false,
  markdown: { html: false, lineNumbers: false },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: groups.flatMap(({ text, pages: [first] }) =>
      first === undefined ? [] : [{ text, link: first.link }],
    ),
    sidebar: groups.map(({ text, pages }, at) => ({ text, items: [...pages], collapsed: at > 1 })),
    footer: { message: 'MIT licence. Every figure and every picture is made from recorded results.' },
  },
})
