/** Styles and scripts of the room's pages. */
import type { FastifyInstance } from 'fastify'
import { ADMIN_ROOM_SCRIPT } from './admin-room-script.ts'
import { ROOM_PATH } from './paths.ts'
import { ROOM_SCRIPT } from './room-script.ts'

const CSS = 'text/css; charset=utf-8'
const SCRIPT = 'text/javascript; charset=utf-8'

const ROOM_STYLE = `:root{color-scheme:light dark;
--ink:light-dark(#1b1b1f,#ececf0);--quiet:light-dark(#5c5c66,#a3a3ae);--paper:light-dark(#fbfaf8,#131316);
--card:light-dark(#fff,#1d1d22);--line:light-dark(#d9d7d2,#3a3a42);--strong:light-dark(#1d4ed8,#8fb0ff);
--on-strong:light-dark(#fff,#0d1530);--bad:light-dark(#a3241c,#ff9c92)}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:40rem;margin:0 auto;padding:1rem 1rem 2rem}
main.wide{max-width:60rem}
h1{font-size:clamp(1.6rem,6vw,2.4rem);line-height:1.15;margin:1rem 0 .5rem}
h1:focus{outline:0}
h2{font-size:1.1rem;margin:1.6rem 0 .4rem}
a{color:var(--strong)}
:focus-visible{outline:3px solid var(--strong);outline-offset:2px}
.quiet{color:var(--quiet)}
.place{margin:.5rem 0 1rem}
.place span{display:block}
.place strong{display:block;font-size:clamp(3rem,18vw,5.5rem);line-height:1;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.facts{margin:1rem 0}
.facts div{display:grid;grid-template-columns:6rem 1fr;gap:1rem;padding:.4rem 0;border-bottom:1px solid var(--line)}
.facts dt{color:var(--quiet)}
.facts dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.next{padding-left:1.3rem}
.next li{margin:.3rem 0}
button,input,select{font:inherit;min-height:2.75rem;padding:.4rem 1rem;border:1px solid var(--line);border-radius:.5rem;background:var(--card);color:inherit;max-width:100%}
button{cursor:pointer;font-weight:600;width:100%}
.strong{background:var(--strong);color:var(--on-strong);border-color:transparent}
.leave{margin-top:1.5rem}
.notice{border-left:4px solid var(--line);background:var(--card);padding:.6rem .9rem;border-radius:.3rem}
.notice.bad{border-color:var(--bad)}
.visually-hidden{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.tiles{display:grid;gap:.75rem;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));margin:1rem 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.6rem .8rem}
.tile b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}
.tile span{color:var(--quiet);font-size:.875rem}
.fields{display:grid;gap:.75rem;max-width:26rem}
.fields label{display:block}
.fields input,.fields select{width:100%}
@media (min-width:34rem){button{width:auto}}
`

export function assetRoutes(app: FastifyInstance): void {
  for (const [name, type, text] of [
    ['room.css', CSS, ROOM_STYLE],
    ['room.js', SCRIPT, ROOM_SCRIPT],
    ['admin.js', SCRIPT, ADMIN_ROOM_SCRIPT],
  ] as const) {
    app.get(`${ROOM_PATH}/assets/${name}`, async (_request, reply) => {
      reply.type(type)
      return text
    })
  }
}
