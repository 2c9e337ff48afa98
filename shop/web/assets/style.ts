/** The style sheet of all pages: one column, both themes, large targets. */
export const STYLE = `:root{color-scheme:light dark;
--ink:light-dark(#1b1b1f,#ececf0);--quiet:light-dark(#5c5c66,#a3a3ae);--paper:light-dark(#fbfaf8,#131316);
--card:light-dark(#fff,#1d1d22);--line:light-dark(#d9d7d2,#3a3a42);--strong:light-dark(#1d4ed8,#8fb0ff);
--on-strong:light-dark(#fff,#0d1530);--good:light-dark(#14693a,#7fd6a2);--bad:light-dark(#a3241c,#ff9c92);
--available:light-dark(#4c8bf5,#5b93f7);--held:light-dark(#e0a100,#e7b53c);--booked:light-dark(#c9c7c2,#4a4a52);--mine:light-dark(#12824a,#4fd08a)}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
.top,main,footer{max-width:60rem;margin:0 auto;padding:0 1rem}
.top{padding-top:1rem}
main{padding-top:.5rem;padding-bottom:2rem}
footer{color:var(--quiet);font-size:.875rem;padding-bottom:2rem}
.brand{font-weight:700;color:inherit;text-decoration:none}
.skip{position:absolute;left:1rem;top:.5rem;transform:translateY(-300%);background:var(--card);padding:.5rem}
.skip:focus{transform:none}
h1{font-size:clamp(1.5rem,5vw,2.2rem);line-height:1.15;margin:1rem 0 .5rem}
h2{font-size:1.1rem;margin:1.6rem 0 .4rem}
a{color:var(--strong)}
:focus-visible{outline:3px solid var(--strong);outline-offset:2px}
.lead,.quiet{color:var(--quiet)}
fieldset{border:1px solid var(--line);border-radius:.6rem;background:var(--card);margin:1rem 0;padding:.75rem 1rem 1rem;min-width:0}
legend{font-weight:600;padding:0 .4rem}
.tiers{display:grid;gap:.75rem;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr))}
.tier{display:grid;grid-template-columns:1fr 5.5rem;gap:0 .75rem;align-items:center}
.tier small{grid-column:1;color:var(--quiet)}
.tier input{grid-row:1/3;grid-column:2}
input,select,button,.button{font:inherit;min-height:2.75rem;padding:.4rem .8rem;border:1px solid var(--line);border-radius:.5rem;background:var(--card);color:inherit;max-width:100%}
input:not([type=number]){width:100%}
button,.button{cursor:pointer;text-decoration:none;display:inline-flex;align-items:center;justify-content:center;font-weight:600}
.strong,.pay button{background:var(--strong);color:var(--on-strong);border-color:transparent}
.pay{display:grid;gap:.5rem;max-width:26rem}
.together{display:flex;flex-wrap:wrap;gap:.75rem;align-items:center;margin:.25rem 0 .75rem}
.map{overflow:auto;max-height:34rem;border-radius:.4rem;touch-action:pan-x pan-y;text-align:center}
.map canvas{display:inline-block;vertical-align:top;outline:0}
.map:has(canvas:focus-visible){outline:3px solid var(--strong);outline-offset:3px}
.legend{display:flex;flex-wrap:wrap;gap:.4rem 1rem;margin:.6rem 0 0;font-size:.9rem;color:var(--quiet)}
.key::before{content:"";display:inline-block;width:.8em;height:.8em;border-radius:.2em;margin-right:.4em;background:var(--c)}
.key.available{--c:var(--available)}.key.held{--c:var(--held)}.key.booked{--c:var(--booked)}.key.mine{--c:var(--mine)}.key.sold-twice{--c:var(--bad)}
.twice:not(:empty){border:2px solid var(--bad);border-radius:.6rem;padding:.2rem 1rem;margin:1rem 0;color:var(--bad);font-weight:600}
.twice p{margin:.5rem 0}
.when{margin:0;font-weight:600}
.browse{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:end;margin:1rem 0 0}
.browse p{margin:0;display:grid;gap:.25rem;min-width:11rem}
.switch{display:flex;flex-wrap:wrap;gap:.5rem}
.switch button[aria-pressed=true]{background:var(--strong);color:var(--on-strong);border-color:transparent}
.seat{min-height:1.5em;margin:.4rem 0 .75rem}
.clock{font-size:clamp(3rem,16vw,5rem);font-weight:700;line-height:1;margin:.5rem 0;font-variant-numeric:tabular-nums}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;margin:1rem 0}
.actions form{margin:0}
.facts{margin:1rem 0;max-width:36rem}
.facts div{display:grid;grid-template-columns:8rem 1fr;gap:1rem;padding:.4rem 0;border-bottom:1px solid var(--line)}
.facts dt{color:var(--quiet)}
.facts dd{margin:0;overflow-wrap:anywhere}
.ticket{display:grid;margin-top:1rem;gap:1.5rem;grid-template-columns:minmax(0,15rem) minmax(0,1fr);align-items:start}
.qr{background:#fff;color:#000;border-radius:.6rem;padding:.5rem;border:1px solid var(--line)}
.qr svg{display:block;width:100%;height:auto}
.code{font:700 clamp(1.2rem,5vw,1.8rem)/1.2 ui-monospace,monospace;margin:0;overflow-wrap:anywhere}
.notice{border-left:4px solid var(--line);background:var(--card);padding:.6rem .9rem;border-radius:.3rem;max-width:42rem}
.notice:empty{padding:0;border:0}
.notice.good{border-color:var(--good)}.notice.bad{border-color:var(--bad)}
td.good{color:var(--good)}td.bad{color:var(--bad)}
.bank{max-width:28rem;margin:2rem auto;background:var(--card);border:1px solid var(--line);border-radius:.8rem;padding:1rem 1.5rem}
.bank-name{font-weight:700;color:var(--quiet);margin:0;letter-spacing:.04em}
.events{padding:0;list-style:none}
.events li{padding:.8rem 0;border-bottom:1px solid var(--line)}
.events a{font-size:1.2rem;font-weight:600}
.events small{display:block;color:var(--quiet)}
.tiles{display:grid;gap:.75rem;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));margin:1rem 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.6rem .8rem}
.tile b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}
.tile span{color:var(--quiet);font-size:.875rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line);white-space:nowrap}
th{color:var(--quiet);font-weight:500;font-size:.875rem}
@media (max-width:34rem){.ticket{grid-template-columns:1fr}.qr{max-width:16rem}.facts div{grid-template-columns:1fr;gap:0}
.actions .button,.actions button,.actions form{width:100%}}
`
