/** The style sheet of the page: light, dark, mobile and print. It loads no fonts or images. */
import { type Colour, variables } from '../charts/theme.ts'

const LIGHT =
  '--bg:#fff;--ink:#1f2933;--quiet:#56626e;--line:#dfe4e9;--soft:#f5f7f9;--accent:#0b5cad;--good:#14683f;--good-bg:#e8f5ee;--bad:#a61b12;--bad-bg:#fdecea;--doubt:#7a5200;--doubt-bg:#fdf4dc;color-scheme:light;'
const DARK =
  '--bg:#14191f;--ink:#e4e8ec;--quiet:#9fabb6;--line:#2b333c;--soft:#1b222a;--accent:#78b7f2;--good:#6fd3a0;--good-bg:#15291f;--bad:#ff9a8c;--bad-bg:#341a18;--doubt:#e8c25a;--doubt-bg:#2d2513;color-scheme:dark;'

/** `colours`: of the charts, which follow the theme as well. */
export function styleSheet(colours: readonly Colour[]): string {
  const light = LIGHT + variables(colours, 'light')
  const dark = DARK + variables(colours, 'dark')
  return `:root{${light}}
@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){${dark}}}
@media screen{:root[data-theme=dark]{${dark}}}
${RULES}`
}

const RULES = `*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:3.5rem;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
main,header,footer{max-width:75rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.5rem}
a{color:var(--accent);text-underline-offset:.15em}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
code,pre{font:.92em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
.brand{display:flex;justify-content:space-between;align-items:center;gap:1rem;color:var(--quiet);font-size:.9rem}
.brand b{color:var(--ink);letter-spacing:.01em}
h1{font-size:clamp(1.5rem,1.1rem + 1.6vw,2.15rem);line-height:1.25;margin:1.4rem 0 .9rem;letter-spacing:-.015em;max-width:32ch;text-wrap:balance}
h2{font-size:1.45rem;letter-spacing:-.01em;margin:0 0 .4rem;line-height:1.3}
h3{font-size:1.08rem;margin:0 0 .25rem;line-height:1.35}
.answer{font-size:1.08rem;max-width:48rem;margin:0 0 1.1rem}
.meta{color:var(--quiet);font-size:.875rem;margin:.15rem 0;max-width:60rem;overflow-wrap:anywhere}
.lead{color:var(--quiet);max-width:48rem;margin:.1rem 0 1rem}
.quiet,td.quiet{color:var(--quiet)}
p.quiet{font-size:.9rem;margin:.5rem 0}
.absent{color:var(--quiet);border-left:3px solid var(--line);padding:.15rem 0 .15rem .8rem;margin:.5rem 0;max-width:60rem}
nav{position:sticky;top:0;z-index:5;background:var(--bg);border-bottom:1px solid var(--line);margin-top:1.6rem}
nav ul{max-width:75rem;margin:0 auto;padding:0 1.25rem;display:flex;gap:1.35rem;list-style:none;overflow-x:auto;scrollbar-width:none;white-space:nowrap}
nav a{display:block;padding:.7rem 0;color:var(--quiet);text-decoration:none;font-size:.92rem}
nav a:hover{color:var(--ink)}
section{padding:2.6rem 0 .4rem}
section>h3{margin-top:2rem}
button{font:inherit;font-size:.85rem;color:var(--quiet);background:none;border:1px solid var(--line);border-radius:6px;padding:.3rem .7rem;cursor:pointer;white-space:nowrap}
button:hover{color:var(--ink);border-color:var(--quiet)}
.scroll{overflow-x:auto;margin:.4rem 0 1rem;max-width:100%;position:relative}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{padding:.42rem .8rem .42rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{font-weight:600;color:var(--quiet);font-size:.82rem;white-space:nowrap;vertical-align:bottom}
tbody th{font-weight:500}
td small,th small{display:block;color:var(--quiet);font-size:.82em;font-weight:400}
.number,.figures td{text-align:right;white-space:nowrap}
.figures th[scope=col]:not(:first-child){text-align:right}
.figures th[scope=row]{white-space:nowrap;padding-right:1.4rem}
.figures td.long{white-space:normal;min-width:24rem;text-align:left;overflow-wrap:anywhere}
.plain.plain td,.plain.plain th[scope=col]{text-align:left}
.unit{display:none}
.matrix td:last-child{min-width:13rem}
.matrix td{min-width:5.6rem;border-left:3px solid var(--bg)}
.matrix th[scope=row],.figures th[scope=row]{position:sticky;left:0;background:var(--bg);z-index:1}
.matrix th[scope=row]{white-space:nowrap;padding-right:1rem}
.matrix td{padding:.42rem .45rem}
.matrix thead th:not(:first-child){padding-left:.6rem}
.matrix td a{color:inherit;text-decoration:none}
.matrix td a:hover{text-decoration:underline}
.good b,.good a{color:var(--good)}.bad b,.bad a{color:var(--bad)}.doubtful b,.doubtful a{color:var(--doubt)}
.matrix .bad{background:var(--bad-bg)}.matrix .doubtful{background:var(--doubt-bg)}
td.none{color:var(--quiet)}
.matrix td b{font-weight:600;white-space:nowrap}
.matrix td b{font-size:.86rem}
.matrix th code{font-size:.8rem}
.control{max-width:60rem;border-left:3px solid var(--good);padding:.15rem 0 .15rem .8rem}
.control.bad{border-color:var(--bad)}
.callout{background:var(--doubt-bg);border-radius:8px;padding:1rem 1.2rem;margin:1rem 0;max-width:60rem}
.callout h3{color:var(--doubt)}
.callout p{margin:.35rem 0;overflow-wrap:anywhere}
details{border-top:1px solid var(--line)}
details:last-of-type{border-bottom:1px solid var(--line)}
summary{cursor:pointer;padding:.55rem 0;overflow-wrap:anywhere}
summary span{color:var(--quiet);font-size:.9rem;margin-left:.4rem}
summary::marker{color:var(--quiet)}
details.behind,details.behind:last-of-type{border:0}
details.behind summary{color:var(--quiet);font-size:.9rem;padding:.3rem 0}
.command{background:var(--soft);border:1px solid var(--line);border-radius:5px;padding:.12em .42em;overflow-wrap:anywhere;-webkit-box-decoration-break:clone;box-decoration-break:clone}
pre{background:var(--soft);padding:1rem;margin:0;border-radius:8px;min-width:max-content;line-height:1.25}
figure.chart{margin:0 0 2.8rem}
.panels{display:grid;gap:1.4rem 1.6rem;margin:.2rem 0 .6rem;overflow-x:auto}
.panels svg{display:block;width:100%;height:auto;max-width:calc(var(--w)*1.15)}
.panels.wide{grid-template-columns:repeat(auto-fit,minmax(min(100%,27rem),1fr))}
.panels.small{grid-template-columns:repeat(auto-fill,minmax(15.5rem,1fr))}
svg text{font-family:inherit!important}
.timeline{display:block;min-width:44rem;max-width:100%;height:auto}
.diagram{display:block;width:100%;max-width:40rem;height:auto}
.facts{margin:1rem 0;display:grid;gap:.1rem}
.facts div{display:grid;grid-template-columns:9rem 1fr;gap:1rem;padding:.35rem 0;border-bottom:1px solid var(--line)}
.facts dt{color:var(--quiet)}
.facts dd{margin:0;overflow-wrap:anywhere}
.grid table{width:auto;border-collapse:separate;border-spacing:2px;font-size:.86rem}
.grid th,.grid td{border:0;padding:.2rem .3rem;vertical-align:middle}
.grid th[scope=col]:not(:first-child){vertical-align:bottom;padding:.2rem 0}
.grid th[scope=col] span{writing-mode:vertical-rl;transform:rotate(180deg);display:inline-block}
.grid th[scope=row],.grid thead th:first-child{position:sticky;left:0;background:var(--bg);z-index:1;text-align:left;min-width:11rem;font-weight:500}
.grid td{text-align:center;min-width:2rem;height:1.9rem;padding:0;border-radius:4px;font-weight:700;position:relative}
.grid td a{display:block;padding:.25rem;color:inherit;text-decoration:none}
.grid td a:hover{outline:2px solid currentColor;border-radius:4px}
.grid sup{font-size:.7em;position:absolute;top:0;right:.12rem;line-height:1.2}
.grid .good,.legend .good,summary span.good{background:var(--good-bg);color:var(--good)}
.grid .bad,.legend .bad,summary span.bad{background:var(--bad-bg);color:var(--bad)}
.grid .doubtful,.legend .doubtful,summary span.doubtful{background:var(--doubt-bg);color:var(--doubt)}
.legend{list-style:none;padding:0;margin:.4rem 0 1rem;display:flex;flex-wrap:wrap;gap:.35rem 1.1rem;font-size:.86rem}
.legend span{display:inline-block;min-width:1.5rem;text-align:center;font-weight:700;border-radius:4px}
summary span.good,summary span.bad,summary span.doubtful,.legend .good,.legend .bad,.legend .doubtful{padding:0 .3rem;border-radius:4px}
.limits{max-width:48rem;padding-left:1.2rem}
.limits li{margin:.4rem 0}
footer{padding-top:2.5rem;padding-bottom:3rem;color:var(--quiet);font-size:.875rem}
@media (max-width:40rem){
.brand span{font-size:0}
.brand b{font-size:.95rem}
.unit{display:inline}
header{padding-top:1.4rem}
section{padding-top:2rem}
.facts div{grid-template-columns:1fr;gap:0}
.panels.wide svg{min-width:23rem}
.panels.small{grid-auto-flow:column;grid-template-rows:repeat(2,auto);grid-template-columns:none;grid-auto-columns:15.5rem;padding-bottom:.5rem}
.matrix th[scope=row],.figures th[scope=row]{min-width:8.5rem;max-width:11rem;white-space:normal;overflow-wrap:anywhere}
}
@media print{
body{font-size:10.5pt}
nav,button{display:none}
section{padding-top:1.2rem;break-inside:auto}
h2,h3,summary{break-after:avoid}
.panels svg,tr,.callout{break-inside:avoid}
.scroll,.panels{overflow:visible}
.panels.wide{grid-template-columns:1fr 1fr}
.panels.small{grid-template-columns:repeat(3,1fr)}
table{font-size:8pt}
th,td{padding:.2rem .5rem .2rem 0}
.matrix td,.plain.plain td,.plain.plain th[scope=col]{text-align:left}
.figures td.long{min-width:0!important}
.timeline{min-width:0}
.matrix{font-size:6.6pt;table-layout:fixed}
.matrix thead th:first-child{width:22%}
.matrix small,.matrix b{overflow-wrap:anywhere}
.matrix td,.matrix th{padding:.15rem .2rem .15rem 0}
.matrix th[scope=row],.figures th[scope=row]{position:static;white-space:normal;overflow-wrap:anywhere}
.figures td,.matrix td b,.matrix thead th,.number{white-space:normal}
.panels.wide svg{min-width:0}
a{color:inherit;text-decoration:none}
}`
