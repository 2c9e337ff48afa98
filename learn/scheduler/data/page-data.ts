/** What a page carries besides its script: every tree packed and compressed, each by itself. */
import type { Challenge } from './challenge.ts'
import type { LeftOut, TreeFacts } from './recording.ts'

export interface CarriedTree extends TreeFacts {
  /** A packed tree as JSON, deflated, in base64. */
  readonly deflated: string
}

export interface PageData {
  readonly recordedAt: string
  /** Their names and versions. */
  readonly engines: readonly string[]
  readonly trees: readonly CarriedTree[]
  readonly leftOut: readonly LeftOut[]
  /** Names of strategies whose schedules `holdfast replay` runs without further options. */
  readonly replayable: readonly string[]
  readonly challenges: readonly Challenge[]
}
