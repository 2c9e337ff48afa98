/** The frame of every page. Text is escaped by the template; scripts and styles are files of the shop. */
import { type Content, type Html, html } from '../../../harness/report/page/html.ts'

export interface PageParts {
  readonly title: string
  readonly body: Content
  /** Names of scripts under /assets. */
  readonly scripts?: readonly string[]
}

export function page({ title, body, scripts = [] }: PageParts): string {
  return `<!doctype html>\n${
    html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – Holdfast tickets</title>
<link rel="stylesheet" href="/assets/shop.css">
<link rel="icon" href="data:,">
${scripts.map((name) => html`<script src="/assets/${name}" defer></script>\n`)}</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top"><a class="brand" href="/">Holdfast tickets</a></header>
<main id="main">
${body}
</main>
<footer>A sandbox: no real money, no real seats. MockPay stands in for a bank.</footer>
</body>
</html>
`.text
  }`
}

/** `65.00 €` */
export function euros(cents: number): string {
  return `${(cents / 100).toFixed(2)} €`
}

/** An error, as a page. */
export function errorPage(title: string, sentence: string): string {
  return page({
    title,
    body: html`<h1>${title}</h1>
<p class="notice bad" role="alert">${capitalized(sentence)}</p>
<p><a class="button" href="/">Back to the events</a></p>`,
  })
}

/** A name of the venue is left as it is: `floor-1-2 is sold out`. */
function capitalized(sentence: string): string {
  return sentence.replace(/^[a-z]+(?=[ ,:])/, (word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
}

/** `2 × A, floor-3-4` */
export function linesText(lines: readonly { readonly name: string; readonly quantity: number }[]): string {
  return lines.map(({ name, quantity }) => (quantity === 1 ? name : `${quantity} × ${name}`)).join(', ')
}

export type { Html }
