/**
 * Amdahl's law, as the TigerFans talk (000) applies it to a checkout: a share P of the time becomes S times
 * as fast, and the whole 1 / ((1 − P) + P / S) times.
 */

/** Mean times of one checkout, in milliseconds. */
export interface CheckoutTimes {
  /** What 000 calls accounting: the hold. */
  readonly reserveMs: number
  readonly sessionMs: number
}

export interface Amdahl {
  /** The share of the hold before. */
  readonly share: number
  /** How many times as fast the hold has become. */
  readonly speedup: number
  /** Of the whole, if only the hold had changed. */
  readonly predicted: number
  /** Of the whole, as measured: the sessions have changed as well. */
  readonly measured: number
}

export function amdahl(before: CheckoutTimes, after: CheckoutTimes): Amdahl {
  const whole = before.reserveMs + before.sessionMs
  const share = before.reserveMs / whole
  const speedup = before.reserveMs / after.reserveMs
  return {
    share,
    speedup,
    predicted: 1 / (1 - share + share / speedup),
    measured: whole / (after.reserveMs + after.sessionMs),
  }
}

/** The figures of the talk: level 1, and level 3 with TigerBeetle. */
export const TALK_BEFORE: CheckoutTimes = { reserveMs: 14.03, sessionMs: 1.36 }
export const TALK_AFTER: CheckoutTimes = { reserveMs: 4.58, sessionMs: 1.04 }
