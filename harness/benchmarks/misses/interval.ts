/** Confidence intervals of counted rates. */

/** The 97.5% quantile of the normal distribution, for a two-sided 95% interval. */
const Z = 1.959964

export interface Rate {
  readonly rate: number
  readonly low: number
  readonly high: number
}

/**
 * A rate with its 95% interval by Wilson's method, which also holds at 0 and at 1. Undefined without cases.
 */
export function rateOf(hits: number, cases: number): Rate | undefined {
  if (cases === 0) return undefined
  const rate = hits / cases
  const middle = rate + (Z * Z) / (2 * cases)
  const spread = Z * Math.sqrt((rate * (1 - rate)) / cases + (Z * Z) / (4 * cases * cases))
  const scale = 1 + (Z * Z) / cases
  return {
    rate,
    low: hits === 0 ? 0 : (middle - spread) / scale,
    high: hits === cases ? 1 : (middle + spread) / scale,
  }
}

/** The probability of at least this many hits, if each case is hit at this rate. */
export function chanceOf(hits: number, cases: number, rate: number): number {
  if (hits === 0) return 1
  if (rate <= 0 || rate >= 1) return rate <= 0 ? 0 : 1
  // The probabilities of exactly 0, 1, 2, … hits, each from the previous one; logarithms, because the first
  // may be tiny.
  let log = cases * Math.log1p(-rate)
  let fewer = 0
  for (let count = 0; count < hits; count++) {
    fewer += Math.exp(log)
    log += Math.log(((cases - count) / (count + 1)) * (rate / (1 - rate)))
  }
  return Math.max(0, 1 - fewer)
}
