/** The elements of sections. */
import type { Table } from '../charts/chart.ts'
import { type Content, type Html, html } from './html.ts'

export function section(id: string, title: string, ...content: readonly Content[]): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${content}</section>`
}

/** A table that scrolls if it is too wide. `label`: for screen readers. */
export function scrolling(label: string, table: Content, className = ''): Html {
  return html`<div class="scroll ${className}" role="region" aria-label="${label}" tabindex="0">${table}</div>`
}

/** Names on the left, figures on the right. */
export function figureTable({ head, rows }: Table, label: string): Html {
  return scrolling(
    label,
    html`<table class="figures"><thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows.map(
      ([name = '', ...figures]) =>
        html`<tr><th scope="row">${name}</th>${figures.map((figure) => html`<td>${figure}</td>`)}</tr>`,
    )}</tbody></table>`,
  )
}

export function command(text: string): Html {
  return html`<code class="command">${text}</code>`
}
