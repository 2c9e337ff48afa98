/** How outcomes of faults are shown: by a symbol and words, and never by colour alone. */
import type { Survival } from '../results/survives.ts'
import type { Tone } from './tone.ts'

export interface OutcomeLook {
  readonly symbol: string
  /** Without the symbol. */
  readonly words: string
  /** Symbol and words. */
  readonly text: string
  readonly className: 'good' | 'bad' | 'doubtful'
  readonly tone: Tone
}

function look(symbol: string, words: string, as: 'good' | 'bad' | 'doubtful'): OutcomeLook {
  return { symbol, words, text: `${symbol} ${words}`, className: as, tone: as }
}

export const FAULT_OUTCOMES: Readonly<Record<Survival['outcome'], OutcomeLook>> = {
  safe: look('✓', 'safe', 'good'),
  oversells: look('✗', 'oversells', 'bad'),
  'loses-sales': look('⊖', 'loses sales', 'bad'),
  undersells: look('▽', 'undersells', 'bad'),
  'breaks-promises': look('!', 'breaks promises', 'bad'),
  unknown: look('?', 'unknown', 'doubtful'),
}

/** Two live holds of one unit, and never two sales of it. */
const ONLY_PROMISED = look('◐', 'oversells in promises, no sale twice', 'bad')

export function lookOf({ outcome, isOnlyPromised }: Survival): OutcomeLook {
  return isOnlyPromised ? ONLY_PROMISED : FAULT_OUTCOMES[outcome]
}

/** Every look that a cell can have, for a legend. */
export const OUTCOME_LOOKS: readonly OutcomeLook[] = [
  FAULT_OUTCOMES.safe,
  FAULT_OUTCOMES.oversells,
  ONLY_PROMISED,
  FAULT_OUTCOMES['loses-sales'],
  FAULT_OUTCOMES.undersells,
  FAULT_OUTCOMES['breaks-promises'],
  FAULT_OUTCOMES.unknown,
]

/** The symbols of what is no outcome. */
export const NOT_RUN = '·'
export const NOT_APPLICABLE = '–'
export const NOT_AS_PREDICTED = '≠'
