/** What the page adds to the style of reports: the board, its two halves, and a colour for each buyer. */

const LIGHT =
  '--alice:#005f99;--alice-bg:#e6f2fa;--bob:#a34300;--bob-bg:#fdf0e6;--carol:#00704f;--carol-bg:#e5f5ef;'
const DARK =
  '--alice:#6fc0f0;--alice-bg:#12293a;--bob:#ffab78;--bob-bg:#38220f;--carol:#58d6ad;--carol-bg:#0f2c23;'

export const STYLE = `
:root{${LIGHT}}
@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){${DARK}}}
@media screen{:root[data-theme=dark]{${DARK}}}
main>section{padding-top:1.6rem}
h1{margin:.8rem 0 .5rem}
.unseen{position:absolute;width:1px;height:1px;overflow:clip;clip-path:inset(50%);white-space:nowrap}
.brand span{font-size:.9rem}
kbd{font:.8em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;border:1px solid var(--line);border-radius:4px;padding:.05em .4em;background:var(--soft)}
button[aria-disabled]{opacity:.55;cursor:default}
.challenges{list-style:none;margin:.5rem 0 0;padding:0;display:grid;gap:.5rem;grid-template-columns:repeat(auto-fill,minmax(12.5rem,1fr));counter-reset:challenge}
.challenges button{width:100%;height:100%;text-align:left;white-space:normal;padding:.55rem .75rem;color:var(--ink);display:grid;gap:.1rem;position:relative}
.challenges small{color:var(--quiet)}
.challenges .mark{color:var(--good);font-size:.8rem;font-weight:600}
.challenges .met{border-color:var(--good)}
.challenges [aria-current]{border-color:var(--accent);box-shadow:inset 0 0 0 1px var(--accent)}
.choose{display:flex;flex-wrap:wrap;gap:.5rem 1rem;margin:.3rem 0}
.choose label{color:var(--quiet);font-size:.875rem;display:grid;gap:.15rem;min-width:0;flex:1 1 14rem}
.choose label:last-child{flex:0 0 5rem}
select{font:inherit;font-size:.92rem;color:var(--ink);background:var(--bg);border:1px solid var(--line);border-radius:6px;padding:.35rem .5rem;width:100%;min-width:0}
.challenge{background:var(--soft);border-radius:10px;padding:1rem 1.2rem!important;margin-top:1.4rem;scroll-margin-top:.5rem}
.challenge:focus{outline:none}
.challenge h2{font-size:1.2rem}
.challenge p{margin:.35rem 0;max-width:56rem}
.challenge fieldset{border:0;padding:0;margin:.7rem 0;display:grid;gap:.4rem}
.challenge legend{font-weight:600;padding:0;margin-bottom:.4rem}
.challenge fieldset button{text-align:left;white-space:normal;color:var(--ink);background:var(--bg);padding:.5rem .75rem;font-size:.92rem}
.challenge [aria-pressed=true]{border-color:var(--accent);box-shadow:inset 0 0 0 1px var(--accent)}
p.good{color:var(--good)}p.bad{color:var(--bad)}
.lesson{border-left:3px solid var(--good);padding-left:.8rem}
.moves{position:sticky;top:0;z-index:4;background:var(--bg);padding:.4rem 0;display:grid;gap:.5rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,15rem),1fr));margin:0 0 .4rem}
.move{display:grid;grid-template-columns:auto 1fr;gap:.15rem .6rem;align-items:start;text-align:left;white-space:normal;padding:.6rem .75rem;color:var(--ink);background:var(--bg);border-width:2px;font-size:.92rem}
.move b{display:block}
.move code{display:block;font-size:.8rem;line-height:1.4;overflow-wrap:anywhere;color:var(--quiet)}
.move i{display:block;font-size:.84rem;color:var(--quiet)}
.move small{grid-column:2;color:var(--doubt);font-size:.78rem}
.move.cannot{opacity:1;border-style:dashed;background:none}
.move.is-waits{border-color:var(--doubt)!important}
.move.is-waits i{color:var(--doubt)}
.move.hinted{box-shadow:0 0 0 3px var(--accent)}
.move.of-1{border-color:var(--alice)}.move.of-2{border-color:var(--bob)}.move.of-3{border-color:var(--carol)}
.move.of-1 b,.who-1,th.of-1{color:var(--alice)}.move.of-2 b,.who-2,th.of-2{color:var(--bob)}.move.of-3 b,.who-3,th.of-3{color:var(--carol)}
.move.cannot{border-color:var(--line)}
.move.event{border-color:var(--quiet)}
.who{font-weight:600}
.tools{display:flex;flex-wrap:wrap;gap:.4rem;align-items:center;margin:.3rem 0}
.said{min-height:1.6em;margin:.6rem 0 .2rem;overflow-wrap:anywhere;max-width:60rem}
#prospect{margin:.1rem 0 1rem;font-size:.92rem}
#prospect.good,#prospect.bad{font-weight:600}
.halves{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:1rem 2rem;align-items:start}
.half{min-width:0}
.story{table-layout:fixed;font-size:.86rem}
.story thead th{white-space:normal;font-size:.92rem}
.story thead th small{font-size:.8rem}
.story th:first-child{width:2.6rem}
.story td,.story th{padding:.35rem .5rem .35rem 0}
.story p{margin:0 0 .15rem;overflow-wrap:anywhere}
.story code{font-size:.78rem;line-height:1.4}
.story .begins{color:var(--quiet)}
.story .waits{color:var(--doubt);font-weight:600}
.story td.of-1 .asks{border-left:3px solid var(--alice);padding-left:.45rem}
.story td.of-2 .asks{border-left:3px solid var(--bob);padding-left:.45rem}
.story td.of-3 .asks{border-left:3px solid var(--carol);padding-left:.45rem}
.story .now{background:var(--soft)}
.story .later,.story .later th,.story .later td,.story .later p,.story .later strong{color:var(--quiet);font-weight:400}
.story .later td{font-style:italic}
.story .environment td{font-weight:600}
.story .environment td p{font-weight:400}
.story .wrong td{background:var(--bad-bg);color:var(--bad);font-weight:600;padding-left:.5rem}
.story .empty td{color:var(--quiet);border:0}
.jump{padding:.05rem .45rem;min-width:1.9rem}
.pick{white-space:normal;text-align:left}
.engine ul{list-style:none;margin:.2rem 0 .7rem;padding:0;font-size:.9rem}
.engine li{margin:.15rem 0}
.units .bad strong{color:var(--bad)}
.stored{font-size:.8rem;width:auto;min-width:100%}
.stored caption{text-align:left;font-weight:600;color:var(--quiet);padding:.2rem 0}
.stored th,.stored td{padding:.22rem .6rem .22rem 0;white-space:nowrap}
.stored td{max-width:16rem;overflow-wrap:anywhere;white-space:normal}
.stored .new{font-weight:700;background:var(--doubt-bg)}
.stored .held-1 td:first-child{box-shadow:inset 3px 0 var(--alice);padding-left:.5rem}
.stored .held-2 td:first-child{box-shadow:inset 3px 0 var(--bob);padding-left:.5rem}
.stored .held-3 td:first-child{box-shadow:inset 3px 0 var(--carol);padding-left:.5rem}
.badges td{border-bottom:1px solid var(--line)}
.held td{border-bottom:0}
.badge{margin-right:.8rem}
#whole-text pre{white-space:pre-wrap;overflow-wrap:anywhere;min-width:0;margin:.3rem 0;font-size:.8rem;padding:.6rem .8rem}
@media (max-width:52rem){.halves{grid-template-columns:minmax(0,1fr)}}
@media (max-width:40rem){
main>section{padding-top:1.2rem}
.challenges{grid-template-columns:repeat(2,minmax(0,1fr))}
.challenges button{font-size:.84rem;padding:.45rem .55rem}
.moves{grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr))}
.move{padding:.4rem .5rem;grid-template-columns:1fr;gap:0}
.move kbd{display:none}
.move small{grid-column:1}
.move code{font-size:.72rem;display:-webkit-box;-webkit-line-clamp:3;-webkit-box-orient:vertical;max-height:4.2em;overflow:clip}
.story th:first-child{width:2.1rem}
.story{font-size:.8rem}
.story code{font-size:.72rem}
}
`
