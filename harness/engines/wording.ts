/**
 * Statements and answers as a reader sees them: on one line, with values in place, without what differs
 * between runs.
 */

/** The suffix of every name in a schedule, so that no two schedules share a name; omitted for readers. */
export const RUN_MARK = '~'
const MARKS = /~\d+/g
const TOKENS = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{32,40}\b/g

export function hasMark(name: string): boolean {
  return /~\d+/.test(name)
}

/** Names without the schedule's mark; random tokens replaced by one name. */
export function plain(text: string): string {
  return text.replaceAll(MARKS, '').replaceAll(TOKENS, 'token')
}

/** A statement with its parameters in place. */
export function textOf(sql: string, parameters: readonly unknown[]): string {
  const placed = onOneLine(sql).replaceAll(/\$(\d+)/g, (_, at: string) => literal(parameters[Number(at) - 1]))
  return plain(placed)
}

function onOneLine(sql: string): string {
  return sql
    .replaceAll(/--[^\n]*/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/**
 * A statement without its values, which identifies it in another run. PostgreSQL treats values in the text
 * and separate parameters alike.
 */
export function shapeOf(sql: string): string {
  return onOneLine(sql)
    .replaceAll(/'(?:[^']|'')*'/g, '?')
    .replaceAll(/\$?\b\d+(?:\.\d+)?\b/g, '?')
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map((each) => String(each)).join(',')}}`
  return typeof value === 'string' ? `'${value}'` : String(value)
}

/** An answer of PostgreSQL: its rows, or how many it changed. */
export function saidBy(answer: unknown): string {
  if (answer instanceof Error) return errorOf(answer)
  const { command, rowCount, rows } = answer as {
    readonly command?: string
    readonly rowCount?: number | null
    readonly rows?: readonly Readonly<Record<string, unknown>>[]
  }
  if (rows !== undefined && rows.length > 0) return plain(rows.map(rowOf).join('; '))
  if (command === 'SELECT' || command === 'UPDATE' || command === 'INSERT' || command === 'DELETE') {
    return `${rowCount ?? 0} row${rowCount === 1 ? '' : 's'}`
  }
  return 'done'
}

/** Deadlines and clocks are left out: they differ in every run. */
function rowOf(row: Readonly<Record<string, unknown>>): string {
  const told = Object.entries(row).flatMap(([name, value]) =>
    /deadline|now|clock|_ms$/.test(name) || value === null
      ? []
      : [value === '' ? name : `${name}: ${toldValue(value)}`],
  )
  return told.length === 0 ? '1 row' : told.join(', ')
}

function toldValue(value: unknown): string {
  return Array.isArray(value) ? `{${value.join(',')}}` : String(value)
}

/** An error by its SQLSTATE where it has one. */
export function errorOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && /^[0-9A-Z]{5}$/.test(String(error.code)) ? `${String(error.code)} ` : ''
  return plain(`${code}${error.message}`.replaceAll(/\s+/g, ' '))
}

/** The answer to a call. */
export function outcomeOf(outcome: unknown): string {
  if (typeof outcome !== 'object' || outcome === null || !('kind' in outcome)) return String(outcome)
  const reason = 'reason' in outcome ? ` (${String(outcome.reason)})` : ''
  return `${String(outcome.kind).replaceAll('-', ' ')}${reason}`
}

/**
 * A statement in at most this many characters, with the BEGIN and the COMMIT that travel with it. If it is
 * long or has several parts, only what it locks, writes and reads.
 */
export function brief(text: string, charactersMax: number): string {
  const [, begin = '', statement = '', commit = ''] = TRAVELLING.exec(text) ?? []
  const whole = begun(statement).replaceAll(/::\w+(\[\])?/g, '')
  const told =
    /^with /.test(whole) || (/^select /.test(whole) && whole.length > charactersMax) ? partsOf(whole) : whole
  const before = begun(begin)
  const most = charactersMax - before.length - commit.length
  return `${before}${told.length <= most ? told : `${told.slice(0, Math.max(0, most - 1)).trimEnd()}…`}${commit}`
}

/** A statement, with the BEGIN before it and the COMMIT after it. */
export const TRAVELLING = /^((?:begin|start transaction)\b[^;]*; )?(.*?)(; commit)?$/s

function begun(text: string): string {
  return text.replace(/^start transaction isolation level /, 'begin ')
}

function partsOf(text: string): string {
  const names = (pattern: RegExp): string =>
    [...new Set([...text.matchAll(pattern)].map(([, name]) => name ?? ''))]
      .filter((name) => !['set', 'skip', 'unnest', 'deadline'].includes(name))
      .join(', ')
  const parts = [
    ['insert into', names(/\binsert into (\w+)/g)],
    ['update', names(/(?<!for )\bupdate (\w+)/g)],
    ['delete from', names(/\bdelete from (\w+)/g)],
  ].flatMap(([verb, of]) => (of === '' ? [] : [`${verb} ${of}`]))
  if (parts.length > 0) return `${parts.join(' + ')} …`
  const read = names(/\b(?:from|join) ([a-z_]+)\b(?! ?\()/g)
  return read === '' ? text : `select … from ${read}`
}
