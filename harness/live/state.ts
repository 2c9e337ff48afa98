/** The state of a run for the live page, from the events that the terminal also gets. */
import type { CompareEvent } from '../compare/parts.ts'
import { type ComparisonPlan, rounds } from '../compare/plan.ts'
import { oneLine, reasonOf } from '../errors.ts'
import type { Sample } from '../performance/sampler.ts'
import type { Trial } from '../results/trial.ts'

/** Half a minute of samples. */
const SAMPLES_MAX = 120
/** Older failures are only in the results. */
const NOTES_MAX = 20

export interface LiveSample {
  readonly strategy: string
  readonly heldPerSecond: number
  readonly refusedPerSecond: number
  readonly p50Ms: number
  readonly p95Ms: number
}

/** The trials of a strategy on a workload so far. */
interface LiveCell {
  readonly strategy: string
  readonly workload: string
  readonly planned: number
  played: number
  verdict: Trial['verdict']
  /** Of the latest valid trial. */
  goodputPerSecond?: number
}

export interface LiveState {
  readonly strategies: readonly string[]
  readonly workloads: readonly string[]
  readonly cells: readonly Readonly<LiveCell>[]
  readonly control?: { readonly caught: boolean; readonly text: string }
  readonly done: number
  readonly total: number
  readonly remainingMs?: number
  readonly now?: { readonly strategy: string; readonly workload: string; readonly concurrency: number }
  readonly samples: readonly LiveSample[]
  readonly notes: readonly string[]
}

export class LiveRun {
  readonly #cells = new Map<string, LiveCell>()
  readonly #samples: LiveSample[] = []
  readonly #notes: string[] = []
  #control: LiveState['control']
  #now: LiveState['now']
  #remainingMs: number | undefined
  #done = 0
  #total = 0

  constructor(plan: ComparisonPlan) {
    for (const { workload, strategies } of rounds(plan)) {
      for (const { name } of strategies) {
        const key = keyOf(name, workload)
        const cell = this.#cells.get(key)
        const planned = (cell?.planned ?? 0) + 1
        this.#cells.set(key, { strategy: name, workload, planned, played: 0, verdict: 'valid' })
        this.#total++
      }
    }
  }

  onEvent(event: CompareEvent): void {
    switch (event.kind) {
      case 'control-started':
        break
      case 'control-ended': {
        const { caught, strategy, workload, rounds: tried, conviction } = event.control
        const text = caught ? `${strategy} was caught on ${workload} in round ${tried}` : conviction
        this.#control = { caught, text }
        break
      }
      case 'trial-started':
        this.#now = {
          strategy: event.strategy,
          workload: event.round.workload,
          concurrency: event.round.concurrency,
        }
        this.#remainingMs = event.remainingMs
        break
      case 'trial-ended':
        this.#ended(event.trial)
        this.#done = event.done
        this.#total = event.total
        break
      case 'strategy-failed':
        this.#note(`${event.strategy} failed: ${oneLine(reasonOf(event.error))}`)
        break
      case 'history-lost':
        this.#note(`the history of ${event.trial.strategy} on ${event.trial.workload} was lost`)
        break
      default:
        event satisfies never
    }
  }

  sample({ spanMs, held, soldOut, contended, unknown, holdMs }: Sample): LiveSample {
    const perSecond = (count: number): number => (spanMs > 0 ? (count * 1000) / spanMs : 0)
    const sample = {
      strategy: this.#now?.strategy ?? '',
      heldPerSecond: perSecond(held),
      refusedPerSecond: perSecond(soldOut + contended + unknown),
      p50Ms: holdMs.p50,
      p95Ms: holdMs.p95,
    }
    this.#samples.push(sample)
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift()
    return sample
  }

  state(): LiveState {
    const cells = [...this.#cells.values()]
    return {
      strategies: [...new Set(cells.map(({ strategy }) => strategy))].sort(),
      workloads: [...new Set(cells.map(({ workload }) => workload))],
      cells: cells.map((cell) => ({ ...cell })),
      ...(this.#control !== undefined && { control: this.#control }),
      done: this.#done,
      total: this.#total,
      ...(this.#remainingMs !== undefined && { remainingMs: this.#remainingMs }),
      ...(this.#now !== undefined && { now: this.#now }),
      samples: [...this.#samples],
      notes: [...this.#notes],
    }
  }

  #ended({ strategy, workload, verdict, goodputPerSecond }: Trial): void {
    const cell = this.#cells.get(keyOf(strategy, workload))
    if (cell === undefined) return
    cell.played++
    if (verdict === 'invalid' || (verdict === 'unknown' && cell.verdict === 'valid')) cell.verdict = verdict
    if (verdict === 'valid') cell.goodputPerSecond = goodputPerSecond
  }

  #note(text: string): void {
    this.#notes.push(text)
    if (this.#notes.length > NOTES_MAX) this.#notes.shift()
  }
}

function keyOf(strategy: string, workload: string): string {
  return JSON.stringify([strategy, workload])
}
