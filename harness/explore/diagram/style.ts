/** The style sheet of a diagram, for light and dark backgrounds: one colour per client, everywhere. */

/** Ink, and what is behind text; for each client in order. */
const CLIENTS = [
  { light: '#1d5fa8', dark: '#82b4f0' },
  { light: '#a8500b', dark: '#f2a65e' },
  { light: '#1b7443', dark: '#78cf97' },
  { light: '#7a3596', dark: '#d3a5e8' },
] as const

function clientsIn(theme: 'light' | 'dark'): string {
  return CLIENTS.map((colours, at) => {
    const colour = colours[theme]
    const client = at + 1
    return `.n${client}{fill:${colour}}.b${client}{fill:${colour};fill-opacity:${theme === 'light' ? 0.09 : 0.17}}.l${client}{stroke:${colour}}`
  }).join('\n')
}

export const STYLE = `
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2933}
.paper{fill:#ffffff;stroke:#d5dbe1}
.title{font:700 17px system-ui,-apple-system,"Segoe UI",sans-serif}
.sub,.lane,.cell,.key,.foot{font:12px system-ui,-apple-system,"Segoe UI",sans-serif}
.name{font:700 13px system-ui,-apple-system,"Segoe UI",sans-serif}
.lane{font-weight:700}
.sub,.key,.foot,.step{fill:#55616d}
.said{fill:#3d4a57}
.told{font:700 13px system-ui,-apple-system,"Segoe UI",sans-serif}
.granted{fill:#16703c}.refused{fill:#55616d}
.sample{stroke:#55616d}
.life{stroke-width:1.5;stroke-opacity:.45}
.call{stroke-width:7}
.wait{stroke-width:7;stroke-dasharray:3 3}
.back{stroke:#ffffff;stroke-width:8}
.locked{stroke-width:6}
.awaited{stroke-width:6;stroke-dasharray:3 3}
.pause{fill:#8a949e;fill-opacity:.25;stroke:#55616d}
.paused{stroke:#55616d;stroke-width:6;stroke-dasharray:2 4}
.stale{stroke:#c5221f;stroke-width:7;stroke-dasharray:6 2}
.waits{fill:#7a5200;font-style:italic}
.happens,.pauses{fill:#7a5200;font-weight:700}
.stales,.wrongs{fill:#b3140f;font-weight:700}
.happen{fill:#e8b44c;fill-opacity:.22}
.wrong{fill:#c5221f;fill-opacity:.13}
.free{fill:#8a949e;fill-opacity:.1}.other{fill:#8a949e;fill-opacity:.24}
.edge{stroke:#9aa5b1;stroke-width:1}
${clientsIn('light')}
@media (prefers-color-scheme:dark){
text{fill:#e4e7eb}.paper{fill:#12181f;stroke:#36414c}.back{stroke:#12181f}.sample{stroke:#aab4bf}
.sub,.key,.foot,.step,.refused{fill:#aab4bf}.said{fill:#c3ccd5}
.granted{fill:#6fd08c}.waits,.happens,.pauses{fill:#f0c674}.stales,.wrongs{fill:#ff8a85}.stale{stroke:#ff6b66}
.wrong{fill:#ff6b66;fill-opacity:.22}.pause{stroke:#aab4bf}.paused{stroke:#aab4bf}.edge{stroke:#5b6770}
${clientsIn('dark')}
}
`
