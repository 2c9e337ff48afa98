/**
 * What a provider, and the network before a shop, may do to reports, for teaching and for tests: everything
 * that a shop must stand. The fate of the n-th report follows from the seed alone.
 */
import { Random } from '../../harness/workloads/random.ts'

/**
 * `twice`: two copies at the same moment. `late`: after a while. `swapped`: after the next report. `lost`:
 * never, until the provider gives up; the shop has to ask.
 */
export type ReportFate = 'sent' | 'twice' | 'late' | 'swapped' | 'lost'

const SHARES: readonly (readonly [fate: ReportFate, share: number])[] = [
  ['twice', 0.15],
  ['late', 0.15],
  ['swapped', 0.15],
  ['lost', 0.1],
]
const LATE_MS_MAX = 1_000
/** There may be no next report. */
const SWAPPED_MS_MAX = 1_000

export class Mischief {
  readonly #random: Random
  #swapped: (() => void)[] = []

  constructor(seed: number) {
    this.#random = new Random(seed, 'mischief')
  }

  /** Of the next report, and for how long it is kept back, at most. */
  next(): { readonly fate: ReportFate; readonly waitMs: number } {
    let draw = this.#random.float()
    // Drawn for each, so that one fate does not change those after it.
    const lateMs = this.#random.between(1, LATE_MS_MAX)
    const meddled = SHARES.find(([, share]) => {
      draw -= share
      return draw < 0
    })
    const fate = meddled?.[0] ?? 'sent'
    if (fate === 'late') return { fate, waitMs: lateMs }
    return { fate, waitMs: fate === 'swapped' ? SWAPPED_MS_MAX : 0 }
  }

  /** Called when a report is kept back until `passed` is called for another one. */
  swap(release: () => void): void {
    this.#swapped.push(release)
  }

  /** A report was answered: those that wait for it may go. */
  passed(): void {
    const all = this.#swapped
    this.#swapped = []
    for (const release of all) release()
  }
}
