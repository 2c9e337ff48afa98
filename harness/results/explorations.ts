/** What running every interleaving of a few clients showed of one strategy in one scenario. */
import type { Static } from 'typebox'
import { choice, count, object, optional, text } from './schema.ts'

export const ExplorationSchema = object({
  strategy: text,
  scenario: text,
  clients: count,
  /** `unknown`: ended early, or the engine was not there. */
  outcome: choice('proved', 'violated', 'unknown'),
  /** Interleavings that were run to their end. */
  schedules: count,
  /** Those of them that broke a rule. */
  violating: count,
  /** The shortest violating schedule, as `holdfast replay` takes it. */
  schedule: optional(text),
  /** That schedule as a sequence diagram: a whole SVG document. */
  diagramSvg: optional(text),
})

/** What running every interleaving of a few clients showed of one strategy in one scenario. */
export type Exploration = Static<typeof ExplorationSchema>
