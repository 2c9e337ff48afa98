/** The style sheet of a diagram, for light and dark backgrounds. */
export const STYLE = `
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2933}
.paper{fill:#ffffff}
.title{font:600 17px system-ui,-apple-system,"Segoe UI",sans-serif}
.name{font:600 14px system-ui,-apple-system,"Segoe UI",sans-serif;text-anchor:middle}
.box{fill:#eef2f6;stroke:#5b6770}
.store{fill:#e2ecf7;stroke:#2f6299}
.life{stroke:#9aa5b1;stroke-dasharray:3 4}
.ask{stroke:#2f6299;stroke-width:1.5;fill:none}
.answer{stroke:#5b6770;stroke-dasharray:5 3;fill:none}
.head{fill:#2f6299}.tail{fill:#5b6770}
.said{fill:#52606d}
.call{font-weight:600}
.quiet{fill:#5b6770}
.wait{fill:#e8b44c;fill-opacity:.38;stroke:#9a6b00}
.waits{fill:#7a5200;font-style:italic}
.happen{stroke:#9a6b00;stroke-width:1.5;stroke-dasharray:8 4}
.happens{fill:#7a5200;font-weight:600}
.happens,.wrongs{paint-order:stroke;stroke:#ffffff;stroke-width:5px}
.wrong{stroke:#c5221f;stroke-width:2}
.wrongs{fill:#b3140f;font-weight:700}
.good{fill:#16703c}
@media (prefers-color-scheme:dark){
text{fill:#e4e7eb}.paper{fill:#12181f}.box{fill:#26303b;stroke:#9aa5b1}.store{fill:#1c3350;stroke:#7fb2ea}
.life{stroke:#5b6770}.ask{stroke:#7fb2ea}.head{fill:#7fb2ea}.answer{stroke:#9aa5b1}.tail{fill:#9aa5b1}
.happens,.wrongs{stroke:#12181f}
.said,.quiet{fill:#aab4bf}.wait{fill:#c9922e;fill-opacity:.4;stroke:#e8b44c}.waits,.happens{fill:#f0c674}.happen{stroke:#e8b44c}
.wrong{stroke:#ff6b66}.wrongs{fill:#ff8a85}.good{fill:#6fd08c}}
`
