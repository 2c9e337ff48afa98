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
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`
}
