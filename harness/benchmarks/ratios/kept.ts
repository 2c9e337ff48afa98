/** The ratios that are expected, and what is said of those that were measured. */

/** By what is compared: what a side reaches of another one in the same run. */
export type Ratios = Readonly<Record<string, number>>

/** What is kept of a measurement, in docs/results/ratios.json. */
export interface KeptRatios {
  /** Where and on what, for a reader: one line each. */
  readonly measured: readonly string[]
  readonly ratios: Ratios
}

/**
 * A ratio may fall to this part of the kept one before anything is said: two cores are shared with the
 * engines and everybody else. Half of it is always below.
 */
export const PART_MIN = 0.68
/** Above this part, the kept ratio is out of date, and would let a later loss pass. */
const PART_RISEN = 1.5

export interface RatioComplaint {
  readonly name: string
  readonly kind: 'fell' | 'not-kept' | 'not-measured' | 'rose'
  /** One sentence. */
  readonly message: string
}

/** What differs between the kept ratios and those measured; only `rose` is no failure. */
export function complaintsAbout(kept: Ratios, measured: Ratios): readonly RatioComplaint[] {
  const complaints: RatioComplaint[] = []
  for (const [name, ratio] of Object.entries(measured)) {
    const expected = Object.hasOwn(kept, name) ? kept[name] : undefined
    if (expected === undefined) {
      complaints.push({ name, kind: 'not-kept', message: `${name}: ${ratio.toFixed(3)}, and none is kept.` })
    } else if (!(ratio >= PART_MIN * expected)) {
      const message = `${name}: ${ratio.toFixed(3)}, less than ${PART_MIN} of the kept ${expected.toFixed(3)}.`
      complaints.push({ name, kind: 'fell', message })
    } else if (ratio > PART_RISEN * expected) {
      const message = `${name}: ${ratio.toFixed(3)}, more than ${PART_RISEN} times the kept ${expected.toFixed(3)}: keep it again.`
      complaints.push({ name, kind: 'rose', message })
    }
  }
  for (const name of Object.keys(kept)) {
    if (Object.hasOwn(measured, name)) continue
    complaints.push({ name, kind: 'not-measured', message: `${name} is kept, and was not measured.` })
  }
  return complaints
}
