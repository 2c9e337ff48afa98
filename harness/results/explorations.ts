/** The exploration of one strategy in one scenario. */
import type { Static } from 'typebox'
import { choice, count, object, optional, text } from './schema.ts'

export const ExplorationSchema = object({
  strategy: text,
  scenario: text,
  clients: count,
  /** `unknown`: ended early, or the engine was missing. */
  outcome: choice('proved', 'violated', 'unknown'),
  /** Interleavings that were run completely. */
  schedules: count,
  /** The number of them that violated a rule. */
  violating: count,
  /** The shortest violating schedule, for `holdfast replay`. */
  schedule: optional(text),
  /** The same as a sequence diagram: an SVG document. */
  diagramSvg: optional(text),
})

/** The exploration of one strategy in one scenario. */
export type Exploration = Static<typeof ExplorationSchema>
