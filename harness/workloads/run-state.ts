/** Why a run makes no more calls. */
type StopReason = 'no-answers' | 'aborted' | 'failed'

/** Whether a run continues; shared by all callers, whose waits it interrupts. */
export class RunState {
  /** No new session begins and no wait continues; sessions that have begun are completed. */
  #isOver: boolean = false
  #stopped: StopReason | undefined
  readonly #wakeSleepers = new Set<() => void>()
  readonly #onStop: () => void

  /** @param onStop - ends the calls in flight */
  constructor(onStop: () => void) {
    this.#onStop = onStop
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Set once no further call may be made. */
  get stopped(): StopReason | undefined {
    return this.#stopped
  }

  end(): void {
    this.#isOver = true
    for (const wake of this.#wakeSleepers) wake()
  }

  /** Only the first reason counts. */
  stop(why: StopReason): void {
    if (this.#stopped !== undefined) return
    this.#stopped = why
    this.end()
    this.#onStop()
  }

  /** Returns early when the run is over. */
  async sleep(ms: number): Promise<void> {
    if (this.#isOver || ms <= 0) return
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#wakeSleepers.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      this.#wakeSleepers.add(wake)
    })
  }
}
