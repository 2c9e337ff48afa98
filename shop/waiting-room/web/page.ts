/**
 * "You are in line": where, for how long, and what happens next. It works without scripts where no proof of
 * work is asked for; with them it is live.
 */
import { type Html, html } from '../../../harness/report/page/html.ts'
import type { Ending } from '../queue/room.ts'
import type { WaitingRoomSettings } from '../settings.ts'
import type { PlaceNews, RoomNews } from '../waiting-room.ts'
import { frame } from './frame.ts'
import { ROOM_PATH } from './paths.ts'
import { clockText, GONE, lineText, waitText } from './words.ts'

type PageSettings = Pick<WaitingRoomSettings, 'workBits' | 'home' | 'rules'>

/** Seconds; only for browsers without scripts. */
const AGAIN_S = 10

/** `own`: undefined for one who has no place. */
export function roomPage(news: RoomNews, own: PlaceNews | undefined, settings: PageSettings): string {
  const { title, body, again } = contentOf(news, own, settings)
  return frame({
    title: `${title} – waiting room`,
    script: 'room.js',
    ...(again && { againS: AGAIN_S }),
    body: html`<div id="room" data-work="${settings.workBits}" data-home="${settings.home}" data-state="${stateOf(news, own)}" data-number="${numberOf(own)}" data-left-ms="${leftMsOf(own)}" data-path="${ROOM_PATH}">
<h1 id="title" tabindex="-1">${title}</h1>
${body}
</div>
<p id="alive" class="quiet" role="status"></p>`,
  })
}

interface PageContent {
  readonly title: string
  readonly body: Html
  readonly again?: boolean
}

function contentOf(news: RoomNews, own: PlaceNews | undefined, settings: PageSettings): PageContent {
  const view = own?.view
  if (news.stock === 'gone') {
    return {
      title: GONE.title,
      body: html`<p class="notice bad">${GONE.notice}</p>`,
    }
  }
  switch (view?.kind) {
    case 'called':
      return called(view.leftMs)
    case 'waiting':
      return waiting(news, own, settings)
    case 'entrant':
      return entrant(news, settings)
    default:
      return notInLine(news, view?.kind === 'ended' ? view.why : undefined, settings)
  }
}

function waiting(news: RoomNews, own: PlaceNews | undefined, { rules }: PageSettings): PageContent {
  return {
    title: 'You are in line',
    again: true,
    body: html`<p class="place"><span class="quiet">Your position</span> <strong id="position">${(own?.position ?? 1).toLocaleString('en')}</strong></p>
<dl class="facts">
<div><dt>Wait</dt><dd id="wait">${waitText(own?.estimate)}</dd></div>
<div><dt>In line</dt><dd id="length">${news.length.toLocaleString('en')}</dd></div>
<div><dt>Line</dt><dd id="pace">${lineText(news, clockText)}</dd></div>
</dl>
<p class="visually-hidden" id="said" aria-live="polite"></p>
${next(rules.comeMs)}
${leaving()}`,
  }
}

function entrant({ opensInMs }: RoomNews, { rules }: PageSettings): PageContent {
  return {
    title: 'You are in the draw',
    again: true,
    body: html`<p class="place"><span class="quiet">The line opens in</span> <strong id="opens" role="timer">${clockText(opensInMs)}</strong></p>
<p>Everybody who is here before the opening has the same chance: positions are drawn by lot. Coming earlier makes no difference, and coming later puts you behind.</p>
<p><a href="${ROOM_PATH}/draw">How to check the draw</a></p>
${next(rules.comeMs)}
${leaving()}`,
  }
}

function called(leftMs: number): PageContent {
  return {
    title: 'It is your turn',
    body: html`<p class="place"><span class="quiet">Go in within</span> <strong id="left" role="timer">${clockText(leftMs)}</strong></p>
<p>If you do not, the next one is called, and you would have to join the line again.</p>
<form method="post" action="${ROOM_PATH}/enter"><button class="strong" id="enter">Go in now</button></form>
${leaving()}`,
  }
}

const ENDED: Readonly<Record<Ending, string>> = {
  left: 'You have left the line.',
  'passed-over': 'You were called and did not come in time, so the next one was called.',
  'ran-out': 'Your time inside is over.',
  away: 'This page was closed for too long, so your place was taken for abandoned.',
}

function notInLine(news: RoomNews, why: Ending | undefined, { workBits }: PageSettings): PageContent {
  const told = why && html`<p class="notice">${ENDED[why]}</p>\n`
  if (news.door === 'closed') {
    return {
      title: 'The line is closed',
      body: html`${told}<p>Nobody can join at the moment. This page changes when somebody can.</p>`,
      again: true,
    }
  }
  const script = html`<noscript><p class="notice bad">To join the line, this page needs scripts: your browser does a little work that makes it dear to join ten thousand times.</p></noscript>\n`
  const ahead =
    news.length + news.entrants > 0
      ? html`<p><span id="length">${news.length.toLocaleString('en')}</span> are in line.</p>\n`
      : undefined
  return {
    title: why === undefined ? 'There is a line' : 'You are not in line',
    body: html`${told}<p>Many come at the same time, so people are let in one after another.</p>
${ahead}${workBits > 0 ? script : undefined}<form method="post" action="${ROOM_PATH}/join" id="joining"><button class="strong" id="join">Join the line</button></form>
<p id="working" class="quiet" role="status"></p>`,
  }
}

function next(comeMs: number): Html {
  return html`<h2>What happens next</h2>
<ol class="next">
<li>Keep this page open. You may reload it, and open it in another tab of this browser: your place stays.</li>
<li>When it is your turn, this page says so. You then have ${clockText(comeMs)} minutes to go in.</li>
<li>If everything is sold before that, you are told at once.</li>
</ol>`
}

function leaving(): Html {
  return html`<form method="post" action="${ROOM_PATH}/leave" class="leave"><button>Leave the line</button></form>`
}

/** What the script compares: another state is another page. */
function stateOf({ door, stock }: RoomNews, own: PlaceNews | undefined): string {
  if (stock === 'gone') return 'gone'
  const kind = own?.view.kind ?? 'none'
  if (kind === 'waiting' || kind === 'called' || kind === 'entrant') return kind
  return door === 'closed' ? 'closed' : 'none'
}

function numberOf(own: PlaceNews | undefined): number {
  return own !== undefined && 'number' in own.view ? own.view.number : 0
}

function leftMsOf(own: PlaceNews | undefined): number {
  return own !== undefined && 'leftMs' in own.view ? Math.round(own.view.leftMs) : 0
}
