/** Formats numbers, durations, names and arguments for readers. */

/** Figures below this keep decimals; above it, runs differ by more than one unit. */
const DECIMALS_BELOW = 100

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

export function formatCount(value: number): string {
  return WHOLE.format(value)
}

/** A rate, a latency, a ratio: `0.42`, `7.31`, `48.2`, `1,234`; a dash for one that is not known. */
export function formatFigure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–'
  if (value === 0) return '0'
  if (value >= DECIMALS_BELOW) return formatCount(value)
  return value.toPrecision(value < 1 ? 2 : 3)
}

/** `1 unit`, `3 units`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** The code of an error, to be appended to its message. */
export function inBrackets(code: string | undefined): string {
  return code === undefined ? '' : ` [${code}]`
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
}

/** `33 ms`, `0.4 s`, `12 s`, `2 min 5 s`. */
export function formatSpan(ms: number): string {
  if (ms > 0 && ms < 100) return `${formatFigure(ms)} ms`
  const seconds = ms / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** An argument, quoted for a shell if necessary. */
export function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`
}
