/** The frame of the room's pages, which need nothing of the app that they stand before. */
import { type Content, html } from '../../../harness/report/page/html.ts'
import { ROOM_PATH } from './paths.ts'

export interface FrameParts {
  readonly title: string
  readonly script: string
  readonly body: Content
  /** Seconds after which a browser without scripts asks again; absent: never. */
  readonly againS?: number
}

export function frame({ title, script, body, againS }: FrameParts): string {
  const again =
    againS === undefined
      ? undefined
      : html`<noscript><meta http-equiv="refresh" content="${againS}"></noscript>\n`
  return `<!doctype html>\n${
    html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="${ROOM_PATH}/assets/room.css">
<link rel="icon" href="data:,">
${again}<script src="${ROOM_PATH}/assets/${script}" defer></script>
</head>
<body>
<main id="main">
${body}
</main>
</body>
</html>
`.text
  }`
}
