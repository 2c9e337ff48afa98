/**
 * Whether a repeated step is the same as before. Its shape and its answer must be the same; values in them
 * may differ (a clock, a counter, a token), if they have no other meaning. These values are reported, so that
 * a reader can judge them.
 */

/** A value that differed in another run, and its place. */
export interface Varied {
  readonly was: string
  readonly is: string
  readonly where: string
}

/** A moment or a time of day is one word: of its parts, an hour or a minute may be 00 in one run alone. */
const TIME = /(?:\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d(?::?\d\d)?)?/g
const SEPARATORS = /[\s,;:|'"(){}[\]=]+/
const NUMBER = /^-?\d+(?:\.\d+)?$/
/** A shorter word may have a meaning. */
const RANDOM_LENGTH_MIN = 8

/** Values without other meaning that differed in two runs of the same steps. */
export class Renamed {
  readonly #pairs = new Set<string>()
  readonly #shown = new Map<string, Varied>()

  /** Two texts with the same shape: the differences between them are values that were sent. */
  sent(was: string, is: string): void {
    for (const varied of differing(was, is) ?? [{ was, is, where: was }]) {
      this.#pairs.add(`${varied.was} ${varied.is}`)
      this.#note(varied)
    }
  }

  /** Whether two answers are the same, except for values without other meaning. */
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

  /** One per place. */
  get varied(): readonly Varied[] {
    return [...this.#shown.values()]
  }

  #note(varied: Varied): void {
    const place = varied.where.replaceAll(/\d+/g, '#').replace(varied.was, '')
    if (!this.#shown.has(place)) this.#shown.set(place, varied)
  }
}

/** Words that differ, place by place; undefined if the texts have different shapes. */
function differing(was: string, is: string): readonly Varied[] | undefined {
  const words = wordsOf(was)
  const others = wordsOf(is)
  if (words.length !== others.length) return undefined
  return words.flatMap((word, at) => {
    const other = others[at] ?? ''
    return word === other ? [] : [{ was: word, is: other, where: was }]
  })
}

function wordsOf(text: string): readonly string[] {
  return text.replaceAll(TIME, (time) => time.replaceAll(/[ :]/g, '_')).split(SEPARATORS)
}

/**
 * Two numbers of the same sign, such as counters; or two words that look generated. A number is not
 * interchangeable with an absent one, nor a real word with another.
 */
function isValue({ was, is }: Varied): boolean {
  if (NUMBER.test(was) && NUMBER.test(is)) return Math.sign(Number(was)) === Math.sign(Number(is))
  return isRandom(was) && isRandom(is)
}

function isRandom(word: string): boolean {
  return word.length >= RANDOM_LENGTH_MIN && /\d/.test(word)
}
