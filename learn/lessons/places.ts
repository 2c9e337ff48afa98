/**
 * Places in a text that data fill, between two comments that no reader sees:
 *
 *     under the lock <!-- put figure lock-cliff truthfulAnswers … -->19.1/s<!-- end --> are answered
 *
 * What begins on a line of its own is a block, and keeps its lines.
 */
const PLACE = /<!-- put ([^>]+?) -->([\s\S]*?)<!-- end -->/g
const BEGIN = '<!-- put '

/** Throws what `fill` throws, and a `RangeError` for a place that has no end. */
export function filled(text: string, fill: (asked: string) => string): string {
  let places = 0
  const whole = text.replaceAll(PLACE, (_, asked: string, had: string) => {
    places += 1
    const has = fill(asked)
    return `${BEGIN}${asked} -->${had.startsWith('\n') ? `\n${has}\n` : has}<!-- end -->`
  })
  const begun = text.split(BEGIN).length - 1
  if (begun !== places) throw new RangeError(`${begun} places begin with ${BEGIN}and ${places} end`)
  return whole
}

/** The text without the places of data: what was written by hand. */
export function byHand(text: string): string {
  return text.replaceAll(PLACE, '…')
}

/** The text as a reader sees it: without comments. */
export function withoutComments(text: string): string {
  return text.replaceAll(/^<!--[^\n]*-->\n/gm, '').replaceAll(/<!--[\s\S]*?-->/g, '')
}
