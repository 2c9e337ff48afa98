/** A chart in a page of Markdown: the drawing for a phone in a narrow window, and else the wide one. */

/** Below this the text of a wide drawing is too small to read. */
const NARROW_MAX_PX = 640

/** Of `lock-cliff.svg`: `lock-cliff.narrow.svg`. */
export function narrowFileOf(file: string): string {
  return file.replace(/\.svg$/, '.narrow.svg')
}

/** Those of `chartPicture` in a text: the narrow drawing, the words and the wide drawing are its groups. */
export const PICTURES =
  /<picture><source media="[^"]*" srcset="([^"]+)"><img alt="([^"]*)" src="([^"]+)"><\/picture>/g

/** `file`: of the wide drawing, as a link from the page; that for a phone is beside it. */
export function chartPicture(title: string, file: string): string {
  const words = title.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
  return `<picture><source media="(max-width: ${NARROW_MAX_PX}px)" srcset="${narrowFileOf(file)}"><img alt="${words}" src="${file}"></picture>`
}
