/** What bars and lanes mean: of those that a drawing has, and no others. */
import type { Lane } from './lanes.ts'
import { LABEL_LETTER, LINE, MARGIN, WIDTH } from './layout.ts'
import { barAt, boxAt, textAt } from './marks.ts'
import type { DrawnPart } from './rows.ts'

interface Sign {
  /** The class of the marks that it explains. */
  readonly of: string
  readonly words: string
}

/** Of a client, on the left. */
const CLIENT_SIGNS: readonly Sign[] = [
  { of: 'life', words: 'no call' },
  { of: 'call', words: 'a call' },
  { of: 'wait', words: 'waits' },
  { of: 'paused', words: 'is paused' },
  { of: 'stale', words: 'acts on a stale read' },
]
const LANE_SIGNS: readonly Sign[] = [
  { of: 'locked', words: 'has it locked' },
  { of: 'awaited', words: 'waits for it' },
]

/** What lanes show, by their kinds. */
const LANE_WORDS: readonly (readonly [Lane['kind'], string])[] = [
  ['row', 'rows as they are committed'],
  ['lock', 'who has the lock'],
  ['lease', 'who has the lease'],
  ['accounts', 'what the accounts hold'],
  ['holds', 'holds that are live'],
]

/** Where bars begin, right of what they are about. */
const INDENT = MARGIN + 118
/** From a bar to what it means, and from there to the next one. */
const SIGN_WIDTH = 14
const SIGN_GAP = 10

/** `marks`: of the drawing. */
export function legendOf(marks: readonly string[], lanes: readonly Lane[], top: number): DrawnPart {
  const legend = new LegendDrawing(marks, top)
  legend.line('bars on the left:', CLIENT_SIGNS)
  legend.line('bars in a lane:', LANE_SIGNS)
  const shown = LANE_WORDS.filter(([kind]) => lanes.some((lane) => lane.kind === kind)).map(
    ([, words]) => words,
  )
  if (shown.length > 0) legend.text(`lanes: ${shown.join('; ')}`)
  return legend.part()
}

class LegendDrawing {
  readonly #drawn: string
  readonly #marks: string[] = []
  #y: number

  constructor(marks: readonly string[], top: number) {
    this.#drawn = marks.join('')
    this.#y = top
  }

  text(words: string): void {
    this.#y += LINE
    this.#marks.push(textAt('key', MARGIN, this.#y, words))
  }

  line(about: string, signs: readonly Sign[]): void {
    const shown = signs.filter(
      ({ of }) => this.#drawn.includes(`class="${of} `) || this.#drawn.includes(`class="${of}"`),
    )
    if (shown.length === 0) return
    this.text(about)
    let x = INDENT
    for (const sign of shown) {
      const width = SIGN_WIDTH + Math.round(sign.words.length * LABEL_LETTER)
      if (x > INDENT && x + width > WIDTH - MARGIN) {
        this.#y += LINE
        x = INDENT
      }
      this.#marks.push(this.#sample(sign, x + 4), textAt('key', x + SIGN_WIDTH, this.#y, sign.words))
      x += width + SIGN_GAP
    }
  }

  part(): DrawnPart {
    return { marks: this.#marks, end: this.#y }
  }

  #sample({ of }: Sign, x: number): string {
    const bar = barAt(`${of} sample`, x, this.#y - 11, this.#y + 1)
    if (of !== 'paused') return bar
    return boxAt('pause', { x: x - 5, y: this.#y - 12, width: 10, height: 14 }, 2) + bar
  }
}
