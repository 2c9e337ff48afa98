/**
 * The way through all schedules, whatever they consist of: a strategy's scenario, or a test body. It runs
 * one schedule after another until the search is over or something says that nothing will be proved.
 */
import { StandstillError } from './client.ts'
import { EXPLORED_STEPS_MAX } from './schedule.ts'
import type { ScheduleEnding, Scheduler } from './schedule-run.ts'
import { NotRepeatableError, type Search } from './search.ts'

/** Distinguishes steps that cannot be repeated from a run that was disturbed once. */
const TRIES_PER_SCHEDULE = 3
/** If a client retries without end, nearly every schedule is cut. */
const CUT_MAX = 3

interface Walked {
  readonly ending: ScheduleEnding
}

/** How one schedule is run. */
export interface ScheduleOptions {
  readonly scheduler: Scheduler
  readonly stepsMax: number
}

export class Walk {
  readonly #search: Search
  readonly #schedulesMax: number
  /** Why nothing is proved: the walk ends with the first. */
  readonly reasons: string[] = []
  /** Runs that were stopped, since they only repeated what another schedule covers. */
  pruned = 0
  /** Schedules that did not end and were cut. */
  cut = 0
  /** Whether a run did not end, so that nothing else may be run where it ran. */
  isStuck: boolean = false
  #runs = 0
  #tries = 0

  constructor(search: Search, schedulesMax: number) {
    this.#search = search
    this.#schedulesMax = schedulesMax
  }

  get isOver(): boolean {
    return this.#search.isOver || this.reasons.length > 0
  }

  /** Whether another schedule may be run; where the limit is reached, that is a reason. */
  goesOn(): boolean {
    if (this.isOver) return false
    if (this.#runs < this.#schedulesMax) return true
    this.reasons.push(`it was ended after ${this.#schedulesMax} schedules; there are more`)
    return false
  }

  /** Runs the next schedule; undefined if it did not come to its end. Surprises of `play` are thrown. */
  async next<Over extends Walked>(play: (how: ScheduleOptions) => Promise<Over>): Promise<Over | undefined> {
    let over: Over
    try {
      over = await play({ scheduler: this.#search, stepsMax: EXPLORED_STEPS_MAX })
      this.#tries = 0
    } catch (error) {
      if (error instanceof NotRepeatableError && ++this.#tries < TRIES_PER_SCHEDULE) return undefined
      if (!(error instanceof NotRepeatableError || error instanceof StandstillError)) throw error
      this.reasons.push(error.message)
      this.isStuck = error instanceof StandstillError
      return undefined
    }
    this.#count(over)
    this.#search.turn()
    return over.ending === 'complete' ? over : undefined
  }

  #count({ ending }: Walked): void {
    switch (ending) {
      case 'complete':
        this.#runs++
        return
      case 'given up':
        this.pruned++
        return
      case 'cut':
        if (++this.cut >= CUT_MAX) this.reasons.push(`${this.#toldCut()}${RETRIES}`)
        return
      default:
        ending satisfies never
    }
  }

  /** All reasons, with those that did not end the walk. */
  get allReasons(): readonly string[] {
    return this.cut > 0 && this.cut < CUT_MAX ? [...this.reasons, this.#toldCut()] : this.reasons
  }

  #toldCut(): string {
    return `${this.cut} schedules did not end within ${EXPLORED_STEPS_MAX} steps, and were cut`
  }
}

const RETRIES = ': a client that retries forever cannot be proved; limit its attempts'
