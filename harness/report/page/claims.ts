/** The section that compares claims with measurements. */
import type { ChartData } from '../charts/chart-data.ts'
import { claimsOf, type JudgedClaim } from '../claims.ts'
import { type Html, html } from './html.ts'
import { command, scrolling, section } from './section.ts'

const OUTCOMES: Readonly<
  Record<JudgedClaim['outcome'], { readonly text: string; readonly className: string }>
> = {
  holds: { text: 'holds here', className: 'good' },
  'does-not-hold': { text: 'does not hold here', className: 'bad' },
  'in-part': { text: 'holds in part', className: 'doubtful' },
  'not-measured': { text: 'not measured in this run', className: 'none' },
}

export function claimsSection(data: ChartData): Html {
  return section(
    'claims',
    'Claims against measurements',
    html`<p class="lead">What four documents say, in our words, and what this run measured on this machine with the given settings. If a claim depends on work while the lock is held, the run included that work.</p>`,
    scrolling(
      'Claims against measurements',
      html`<table class="claims"><thead><tr><th scope="col">Claim</th><th scope="col">Outcome</th><th scope="col">Measured in this run</th></tr></thead><tbody>${claimsOf(
        data,
      ).map(
        ({ source, claim, outcome, measured }) =>
          html`<tr><td>${claim}<small>${source}</small></td><td class="${OUTCOMES[outcome].className}"><b>${OUTCOMES[outcome].text}</b></td><td>${
            measured.startsWith('holdfast ')
              ? html`To measure it: ${command(`npm run holdfast -- ${measured.slice('holdfast '.length)}`)}`
              : measured
          }</td></tr>`,
      )}</tbody></table>`,
    ),
  )
}
