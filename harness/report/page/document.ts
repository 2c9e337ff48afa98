/** The HTML document around a page that needs nothing from the network. */
import { createHash } from 'node:crypto'
import { type Html, html, trusted } from './html.ts'

export interface PageParts {
  readonly title: string
  readonly style: string
  readonly script: string
  /** Whether the script may connect to the server that served the page. */
  readonly connects?: boolean
  readonly body: Html
}

/** Only its own script can run: the content security policy names its hash. */
export function documentOf({ title, style, script, connects = false, body }: PageParts): string {
  const hash = createHash('sha256').update(script).digest('base64')
  const connect = connects ? "connect-src 'self'; " : ''
  return `${
    html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; ${trusted(connect)}img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${trusted(hash)}'">
<meta name="referrer" content="no-referrer">
<title>Holdfast: ${title}</title>
<link rel="icon" href="data:,">
<style>${trusted(style)}</style>
</head>
<body>
${body}
<script>${trusted(script)}</script>
</body>
</html>`.text
  }\n`
}
