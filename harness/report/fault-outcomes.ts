/** How outcomes of faults are shown: by a symbol and words, and never by colour alone. */
import type { Survival } from '../results/survives.ts'
import type { Tone } from './tone.ts'

export const FAULT_OUTCOMES: Readonly<
  Record<Survival['outcome'], { readonly text: string; readonly className: string; readonly tone: Tone }>
> = {
  safe: { text: '✓ safe', className: 'good', tone: 'good' },
  oversells: { text: '✗ oversells', className: 'bad', tone: 'bad' },
  'loses-sales': { text: '✗ loses sales', className: 'bad', tone: 'bad' },
  undersells: { text: '▽ undersells', className: 'bad', tone: 'bad' },
  'breaks-promises': { text: '✗ breaks promises', className: 'bad', tone: 'bad' },
  unknown: { text: '? unknown', className: 'doubtful', tone: 'doubtful' },
}
