/**
 * What a field of a record must be. Each check throws a `FieldError` that says what is wrong. `least` is the
 * smallest number that is allowed.
 */

/** The contract's limit, for resources and for holds. */
export const ID_LENGTH_MAX = 128

/** How many characters of a wrong value an error shows. */
const SHOWN_LENGTH_MAX = 60

/** What is wrong with a record, as the end of a sentence that begins with the line: "has ...", "is ...". */
export class FieldError extends Error {}

/** A JSON object that has not been checked. */
export type Fields = { readonly [name: string]: unknown }

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isId(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length > 0 && value.length <= ID_LENGTH_MAX && value.isWellFormed()
  )
}

export function requireId(fields: Fields, name: string): void {
  if (isId(fields[name])) return
  throw new FieldError(`has "${name}" ${shown(fields[name])}, not a name of 1 to ${ID_LENGTH_MAX} characters`)
}

export function requireText(fields: Fields, name: string): void {
  if (typeof fields[name] === 'string') return
  throw new FieldError(`has "${name}" ${shown(fields[name])}, not text`)
}

export function requireFinite(fields: Fields, name: string, least = Number.NEGATIVE_INFINITY): void {
  const value = fields[name]
  if (typeof value === 'number' && Number.isFinite(value) && value >= least) return
  throw new FieldError(`has "${name}" ${shown(value)}, not a number${atLeast(least)}`)
}

export function requireWhole(fields: Fields, name: string, least = Number.NEGATIVE_INFINITY): void {
  const value = fields[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return
  throw new FieldError(`has "${name}" ${shown(value)}, not a whole number${atLeast(least)}`)
}

export function requireList(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name]
  if (Array.isArray(value)) return value
  throw new FieldError(`has "${name}" ${shown(value)}, not a list`)
}

/** The id must be one of `resources`, the ids that the header names. */
export function requireResource(id: unknown, resources: ReadonlySet<string>): void {
  if (typeof id === 'string' && resources.has(id)) return
  throw new FieldError(`names the resource ${shown(id)}, which is not in the header`)
}

/** The "lines" of a hold: returns how many there are. No two of them may name one resource. */
export function requireLines(hold: Fields, resources: ReadonlySet<string>): number {
  const lines = requireList(hold, 'lines')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]
    if (!Array.isArray(line) || line.length !== 2 || !Number.isSafeInteger(line[1]) || line[1] < 1) {
      throw new FieldError(
        `has a line ${shown(line)}, not a resource and a whole number of units, at least 1`,
      )
    }
    requireResource(line[0], resources)
    for (let before = 0; before < at; before++) {
      const other: unknown = lines[before]
      if (Array.isArray(other) && other[0] === line[0]) {
        throw new FieldError(`has two lines of ${shown(line[0])}`)
      }
    }
  }
  return lines.length
}

/** A value as an error shows it, cut short. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'missing' : textOf(value)
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text
}

/** A library's caller may pass values that are not JSON: a function, a bigint, a cycle. */
function textOf(value: unknown): string {
  try {
    const text: string | undefined = JSON.stringify(value)
    return text === undefined ? typeof value : text
  } catch {
    return typeof value
  }
}

function atLeast(least: number): string {
  return least === Number.NEGATIVE_INFINITY ? '' : ` of at least ${least}`
}
