/**
 * Arrays as the text in which PostgreSQL reads them, for parameters of hundreds of elements: the driver's own
 * conversion looks at the type of each.
 */

/** To be cast to an array of an integer type. */
export function integers(values: readonly number[]): string {
  return `{${values.join(',')}}`
}

/** To be cast to `text[]`. */
export function texts(values: readonly string[]): string {
  return values.length === 0 ? '{}' : `{"${values.map(escaped).join('","')}"}`
}

function escaped(value: string): string {
  // To look costs less than a replacement that finds nothing.
  if (!value.includes('"') && !value.includes('\\')) return value
  return value.replaceAll(/["\\]/g, String.raw`\$&`)
}
