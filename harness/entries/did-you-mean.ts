/** Finds the name that was probably meant. */

/** Up to a third of the name may be mistyped; beyond that a suggestion would be a guess. */
const DISTANCE_SHARE_MAX = 1 / 3

/** The known name nearest to `text`, or undefined if none is near. A unique part of a name counts as near. */
export function nearest(text: string, known: readonly string[]): string | undefined {
  const wanted = text.toLowerCase()
  const containing = known.filter((name) => wanted.length > 2 && name.toLowerCase().includes(wanted))
  if (containing.length === 1) return containing[0]
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const name of known) {
    const distance = editDistance(wanted, name.toLowerCase())
    const near =
      distance <= Math.max(1, Math.floor(Math.max(wanted.length, name.length) * DISTANCE_SHARE_MAX))
    if (near && (best === undefined || distance < best.distance)) best = { name, distance }
  }
  return best?.name
}

/** One sentence about an unknown name: the nearest known one, or all known names. */
export function unknownName(what: string, text: string, known: readonly string[]): string {
  const meant = nearest(text, known)
  const hint = meant === undefined ? `there are ${known.join(', ')}` : `did you mean ${meant}?`
  return `no ${what} is called "${text}": ${hint}`
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    rows.push(current)
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(row - 1, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1)
      let distance = Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, replaced)
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) distance = Math.min(distance, at(row - 2, column - 2) + 1)
      current.push(distance)
    }
  }
  return at(a.length, b.length)
}
