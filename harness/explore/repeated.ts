/**
 * Whether a step that was made again is the one it was. Its shape must be the same, and what was answered;
 * values in them may differ (a clock, a counter, a token), as long as they only stand for themselves. They
 * are named, so that a reader can judge them.
 */

/** A value that was another one in another run, and where it stood. */
export interface Varied {
  readonly was: string
  readonly is: string
  readonly where: string
}

const SEPARATORS = /[\s,;:|'"(){}[\]=]+/
const NUMBER = /^-?\d+(?:\.\d+)?$/
/** Shorter, and a word may mean something. */
const RANDOM_LENGTH_MIN = 8

/** Values that stood for themselves in two runs of the same steps. */
export class Renamed {
  readonly #pairs = new Set<string>()
  readonly #shown = new Map<string, Varied>()

  /** Two texts of one shape: whatever differs in them is a value that was sent. */
  sent(was: string, is: string): void {
    for (const varied of differing(was, is) ?? [{ was, is, where: was }]) {
      this.#pairs.add(`${varied.was} ${varied.is}`)
      this.#note(varied)
    }
  }

  /** Whether two answers say the same, but for values that stand for themselves. */
  isSameAnswer(was: string, is: string): boolean {
    if (was === is) return true
    const differences = differing(was, is)
    if (differences === undefined) return false
    for (const varied of differences) {
      if (!this.#pairs.has(`${varied.was} ${varied.is}`) && !isValue(varied)) return false
      this.#note(varied)
    }
    return true
  }

  /** One of each place. */
  get varied(): readonly Varied[] {
    return [...this.#shown.values()]
  }

  #note(varied: Varied): void {
    const place = varied.where.replaceAll(/\d+/g, '#').replace(varied.was, '')
    if (!this.#shown.has(place)) this.#shown.set(place, varied)
  }
}

/** Words that differ, place by place; undefined where the texts are not made alike. */
function differing(was: string, is: string): readonly Varied[] | undefined {
  const words = was.split(SEPARATORS)
  const others = is.split(SEPARATORS)
  if (words.length !== others.length) return undefined
  return words.flatMap((word, at) => {
    const other = others[at] ?? ''
    return word === other ? [] : [{ was: word, is: other, where: was }]
  })
}

/**
 * Two numbers of one sign, such as counters are; two words that nobody would choose. A number is not none,
 * and a word not another.
 */
function isValue({ was, is }: Varied): boolean {
  if (NUMBER.test(was) && NUMBER.test(is)) return Math.sign(Number(was)) === Math.sign(Number(is))
  return isRandom(was) && isRandom(is)
}

function isRandom(word: string): boolean {
  return word.length >= RANDOM_LENGTH_MIN && /\d/.test(word)
}
