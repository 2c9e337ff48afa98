/** The page on which the reader is the scheduler: one file, which needs no server and no network. */
import path from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { documentOf } from '../../harness/report/page/document.ts'
import { type Html, html, trusted } from '../../harness/report/page/html.ts'
import { styleSheet } from '../../harness/report/page/style.ts'
import { registry } from '../../strategies/registry.ts'
import { challenges } from './challenges.ts'
import type { Challenge } from './data/challenge.ts'
import type { PackedTree } from './data/packed-tree.ts'
import type { CarriedTree, PageData } from './data/page-data.ts'
import type { LeftOut } from './data/recording.ts'
import { pageScript } from './page-script.ts'
import { STYLE } from './page-style.ts'
import type { StoredRecording } from './stored.ts'

export const PUBLISHED_PAGE: string = path.resolve(import.meta.dirname, '../../docs/results/scheduler.html')

/** Strategies are in the order of the registry; challenges without a recording are left out. */
export function pageOf(recordings: readonly StoredRecording[]): string {
  const data = dataOf(recordings)
  return documentOf({
    title: 'be the scheduler',
    style: styleSheet([]) + STYLE,
    script: pageScript(),
    body: bodyOf(data),
  })
}

export function dataOf(recordings: readonly StoredRecording[]): PageData {
  const order = registry.map(({ name }) => name)
  const placeOf = ({ strategy }: StoredRecording) => {
    const place = order.indexOf(strategy)
    return place === -1 ? order.length : place
  }
  const sorted = recordings.toSorted((one, other) => placeOf(one) - placeOf(other))
  const trees = sorted.flatMap((recording) => recording.trees.map(carried))
  const isThere = ({ strategy, scenario, clients }: Challenge) =>
    trees.some((tree) => tree.strategy === strategy && tree.scenario === scenario && tree.clients === clients)
  return {
    recordedAt:
      recordings
        .map(({ recordedAt }) => recordedAt)
        .toSorted()
        .at(-1) ?? '',
    engines: [...new Set(sorted.flatMap(({ engines }) => engines))],
    trees,
    leftOut: sorted.flatMap(({ leftOut }) => leftOut),
    replayable: registry.map(({ name }) => name),
    challenges: challenges.filter(isThere),
  }
}

function carried(tree: PackedTree): CarriedTree {
  const { strategy, technique, scenario, about, clients, pruning, outcome, schedules, violating } = tree
  const { positions, calls, before, seats } = tree
  return {
    ...{ strategy, technique, scenario, about, clients, pruning, outcome, schedules, violating },
    ...{ positions, calls, seats },
    ...(before !== undefined && { before }),
    deflated: deflateRawSync(JSON.stringify(tree), { level: 9 }).toString('base64'),
  }
}

function bodyOf(data: PageData): Html {
  return html`<header>
<div class="brand"><span><b>Holdfast</b> be the scheduler</span><button id="theme" type="button" hidden></button></div>
<h1>Be the scheduler</h1>
<p class="answer">Two buyers want the same seat. You decide whose statement goes next. Every answer on this page was given by a real engine: ${data.engines.join(', ')}.</p>
<noscript><p class="callout">This page is a game, and needs its script.</p></noscript>
</header>
<main>
<p id="not-shown" class="callout" role="alert" hidden></p>
${challengesPart(data)}
<section aria-labelledby="choose-title" class="choosing">
<h2 id="choose-title">Choose what runs</h2>
<p class="choose"><label>Strategy <select id="strategy"></select></label> <label>Scenario <select id="scenario"></select></label> <label>Buyers <select id="clients"></select></label></p>
<p id="facts" class="quiet"></p>
</section>
<section id="challenge" class="challenge" tabindex="-1" aria-label="The challenge" hidden></section>
${board()}
${about(data)}
</main>
<footer><p>Recorded ${data.recordedAt.slice(0, 10)} by Holdfast. One statement, command or request is one step.</p></footer>
<script type="application/json" id="data">${trusted(JSON.stringify(data).replaceAll('<', '\\u003c'))}</script>`
}

function challengesPart({ challenges: some }: PageData): Html {
  return html`<section aria-labelledby="challenges-title"${some.length === 0 ? trusted(' hidden') : undefined}>
<h2 id="challenges-title">Challenges</h2>
<ol id="challenges" class="challenges">${some.map(
    ({ id, title, strategy }) =>
      html`<li><button type="button" data-id="${id}"><b>${title}</b><small>${strategy}</small><span class="mark"></span></button></li>`,
  )}</ol>
</section>`
}

function board(): Html {
  return html`<section class="board" aria-labelledby="board-title">
<h2 id="board-title">What happens next?</h2>
<div id="moves" class="moves" role="group" aria-labelledby="board-title"></div>
<p class="tools" role="group" aria-label="The line of moves"><button type="button" id="start" aria-keyshortcuts="Home">Start</button> <button type="button" id="undo" aria-keyshortcuts="u">Undo</button> <button type="button" id="redo" aria-keyshortcuts="r">Redo</button> <button type="button" id="hint" aria-keyshortcuts="h" hidden>Hint</button> <span id="where" class="quiet"></span></p>
<p id="said" role="status" aria-live="polite" class="said"></p>
<p id="prospect" class="quiet"></p>
<div class="halves">
<div class="half">
<h3 id="story-title">What each was told</h3>
<div class="scroll" role="region" aria-labelledby="story-title" tabindex="0"><table class="story"><thead><tr id="story-head"></tr></thead><tbody id="story"></tbody></table></div>
<details id="whole" hidden><summary>The last move, in full</summary><div id="whole-text" class="scroll" tabindex="0" role="region" aria-label="The last move, in full"></div></details>
<p id="replay-line" class="quiet" hidden>The same on your engines: <code id="replay" class="command"></code></p>
</div>
<div class="half">
<h3>What the engine stores</h3>
<p id="engine-said" class="unseen"></p>
<div id="engine" class="engine"></div>
</div>
</div>
</section>`
}

function about({ leftOut, trees }: PageData): Html {
  const schedules = trees.reduce((sum, tree) => sum + tree.schedules, 0)
  const positions = trees.reduce((sum, tree) => sum + tree.positions, 0)
  const whole = trees.filter(({ pruning }) => pruning === 'nothing').length
  return html`<section aria-labelledby="about-title">
<h2 id="about-title">How this was recorded</h2>
<p class="lead">The explorer ran ${schedules.toLocaleString('en')} schedules of ${trees.length} pairs of strategy and scenario, and read the engine at each of ${positions.toLocaleString('en')} positions: units and holds through the witness of the ledger, which shares no code with the strategy; rows, keys and locks as the engine itself tells them. In ${whole} pairs every order of every step was run; in the others, of orders that differ only in independent steps one was run, and a move that was left out says where the same is. So the numbers here are larger than those of the command <code>holdfast explore</code>, which proves the same with fewer: it always runs one of the orders that differ only in independent steps or in the names of interchangeable buyers. Moments are rounded up to the times to live that were asked for, and tokens that are drawn at random are all called “token”.</p>
<p class="lead">A deadline passes because the clocks of the engines are moved, a lease expires because its key is deleted on every node, Redis loses its memory because its keys are deleted, and a process dies because its connections are cut.</p>
<details><summary>Keys</summary><ul>
<li><kbd>1</kbd> <kbd>2</kbd> <kbd>3</kbd>: the next step of Alice, Bob, Carol</li>
<li><kbd>d</kbd> the deadline passes, <kbd>l</kbd> the lease expires, <kbd>x</kbd> Alice’s process dies, <kbd>f</kbd> Redis loses its memory, <kbd>t</kbd> a wait times out</li>
<li><kbd>u</kbd> or <kbd>←</kbd> undo, <kbd>r</kbd> or <kbd>→</kbd> redo, <kbd>Home</kbd> the start, <kbd>End</kbd> the last move, <kbd>h</kbd> a hint</li>
</ul>
<p><label><input type="checkbox" id="keys" checked> play by these keys</label></p></details>
${leftOutPart(leftOut)}
</section>`
}

function leftOutPart(leftOut: readonly LeftOut[]): Html {
  const byWhy = Map.groupBy(leftOut, ({ why }) => why)
  return html`<details><summary>What is not here: ${leftOut.length} pairs of strategy and scenario</summary><ul>${[
    ...byWhy,
  ].map(
    ([why, pairs]) =>
      html`<li>${why}: ${pairs.map(({ strategy, scenario, clients }) => `${strategy} in ${scenario}${clients === 2 ? '' : ` (${clients} buyers)`}`).join(', ')}</li>`,
  )}</ul></details>`
}
