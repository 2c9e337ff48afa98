/** How sure a counted rate is. */

/** The 97.5% point of the normal distribution: 95% lie within as much on both sides. */
const Z = 1.959964

export interface Rate {
  readonly rate: number
  readonly low: number
  readonly high: number
}

/** A rate with its 95% interval by Wilson's method, which is honest at 0 and at 1. Undefined for no cases. */
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
