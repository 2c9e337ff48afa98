/** The published table of faults as a page of its own. The same results give the same bytes. */
import type { Results } from '../../results/results.ts'
import { settingsLines } from '../caption.ts'
import { RACE_COLOURS } from '../charts/race.ts'
import type { FaultFrame } from '../fault-grid.ts'
import { documentOf } from './document.ts'
import { faultsSection } from './faults.ts'
import { html } from './html.ts'
import { SCRIPT } from './script.ts'
import { styleSheet } from './style.ts'

const TITLE = 'What each strategy survives'

export function faultsPage(results: Results, frame: FaultFrame): string {
  const [, machine] = settingsLines(results)
  const engines = [
    ...new Set(
      results.engines.map(({ version, source, durability }) => `${version} (${source}, ${durability})`),
    ),
  ]
  return documentOf({
    title: TITLE,
    style: styleSheet(RACE_COLOURS),
    script: SCRIPT,
    body: html`<header>
<div class="brand"><span><b>Holdfast</b> · how to sell a seat once</span><button id="theme" type="button" hidden>Dark theme</button></div>
<h1>${TITLE}</h1>
<p class="answer">Each fault is inflicted on a real engine while buyers buy. What comes of it is predicted from what the strategy promises, and then judged from the recorded history.</p>
<p class="meta">${engines.join(', ')}</p><p class="meta">${machine ?? ''}</p>
</header>
<main>
${faultsSection(results, frame) ?? html`<p class="absent">Nothing was run yet.</p>`}
</main>
<footer><p>Written by <code>npm run faults:publish</code> from results of ${results.finishedAt}. The page needs no network and no other file.</p></footer>`,
  })
}
