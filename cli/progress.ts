/** Progress of a comparison: a status line on a terminal; elsewhere one line per strategy and workload. */
import type { CompareEvent } from '../harness/compare/parts.ts'
import { type ComparisonPlan, type Round, rounds } from '../harness/compare/plan.ts'
import { oneLine, reasonOf } from '../harness/errors.ts'
import { counted, formatSpan } from '../harness/report/format.ts'
import type { Control } from '../harness/results/control.ts'
import type { Trial } from '../harness/results/trial.ts'
import type { Sink } from './output.ts'

/** Moves to the start of the line and clears it. */
const CLEAR_LINE = '\r\u001b[2K'

export interface Progress {
  onEvent(event: CompareEvent): void
  /** Removes the status line. */
  end(): void
}

export function progressTo(
  sink: Sink,
  plan: ComparisonPlan,
  options: { readonly stacks: boolean },
): Progress {
  const lines = new StatusLine(sink)
  const tally = new Tally(plan)
  return {
    onEvent(event) {
      switch (event.kind) {
        case 'control-started':
          lines.change(`control: trying to catch the unsafe strategy, round ${event.round}`)
          break
        case 'control-ended':
          lines.add(controlText(event.control, sink))
          break
        case 'trial-started': {
          // Without a terminal, one line per repeat shows that the run continues.
          const isRepeat = tally.begins(event.round)
          if (!sink.isTerminal && isRepeat) lines.add(tally.repeatText(event))
          lines.change(tally.statusText(event))
          break
        }
        case 'trial-ended': {
          const finished = tally.ended(event)
          if (!sink.isTerminal && finished !== undefined) lines.add(finished)
          break
        }
        case 'strategy-failed':
          lines.add(`${event.strategy} failed: ${oneLine(reasonOf(event.error))}`)
          if (options.stacks && event.error instanceof Error) lines.add(event.error.stack ?? '')
          break
        case 'history-lost': {
          const { strategy, workload } = event.trial
          lines.add(`the history of ${strategy} on ${workload} was lost: ${oneLine(reasonOf(event.error))}`)
          break
        }
        default:
          event satisfies never
      }
    },
    end: () => lines.end(),
  }
}

function controlText(control: Control, sink: Sink): string {
  const { caught, strategy, workload, rounds: tried, conviction } = control
  if (!caught) return sink.paint('doubtful', `control: ${conviction}; nothing in this run is proven`)
  return `control: ${strategy} was caught on ${workload} in round ${tried}: this load and the checker can detect overselling`
}

/** On a terminal, permanent lines with a status line below; elsewhere only the permanent lines. */
class StatusLine {
  readonly #sink: Sink
  #isEnded: boolean = false

  constructor(sink: Sink) {
    this.#sink = sink
  }

  change(text: string): void {
    if (!this.#sink.isTerminal || this.#isEnded) return
    const width = Math.max(10, this.#sink.columns - 1)
    this.#sink.write(`${CLEAR_LINE}${text.length > width ? `${text.slice(0, width - 1)}…` : text}`)
  }

  add(text: string): void {
    this.#sink.write(`${this.#sink.isTerminal ? CLEAR_LINE : ''}${text}\n`)
  }

  end(): void {
    if (this.#sink.isTerminal && !this.#isEnded) this.#sink.write(CLEAR_LINE)
    this.#isEnded = true
  }
}

type Started = Extract<CompareEvent, { kind: 'trial-started' }>
type Ended = Extract<CompareEvent, { kind: 'trial-ended' }>

/** Counts trials, in total and for each strategy on each workload. */
class Tally {
  readonly #planned = new Map<string, number>()
  readonly #finished = new Map<string, { trials: number; convicted: number; unknown: number }>()
  #done = 0
  #total = 0
  #lastRepeat = 1

  constructor(plan: ComparisonPlan) {
    for (const round of rounds(plan)) {
      for (const entry of round.strategies) {
        const key = keyOf(round.workload, entry.name)
        this.#planned.set(key, (this.#planned.get(key) ?? 0) + 1)
        this.#total += 1
      }
    }
  }

  /** Whether a new repeat begins with this round. */
  begins({ repeat }: Round): boolean {
    const isRepeat = repeat > this.#lastRepeat
    this.#lastRepeat = repeat
    return isRepeat
  }

  repeatText({ round, remainingMs }: Started): string {
    return `[${this.#done}/${this.#total}] ${round.workload}, repeat ${round.repeat}, about ${formatSpan(remainingMs)} left`
  }

  statusText({ round, strategy, remainingMs }: Started): string {
    const left = remainingMs > 0 ? `, about ${formatSpan(remainingMs)} left` : ''
    return `[${this.#done + 1}/${this.#total}] ${round.workload} × ${round.concurrency}  ${strategy}${left}`
  }

  /** One line after the last trial of a strategy on a workload. */
  ended({ trial, done, total }: Ended): string | undefined {
    this.#done = done
    this.#total = total
    const { trials, convicted, unknown } = this.#add(trial)
    if (trials !== this.#planned.get(keyOf(trial.workload, trial.strategy))) return undefined
    const found = convicted > 0 ? 'convicted' : unknown > 0 ? 'not proven' : 'no violation'
    return `[${done}/${total}] ${trial.workload}  ${trial.strategy}  ${counted(trials, 'trial')}: ${found}`
  }

  #add({ workload, strategy, verdict }: Trial): { trials: number; convicted: number; unknown: number } {
    const key = keyOf(workload, strategy)
    const sofar = this.#finished.get(key) ?? { trials: 0, convicted: 0, unknown: 0 }
    sofar.trials += 1
    sofar.convicted += verdict === 'invalid' ? 1 : 0
    sofar.unknown += verdict === 'unknown' ? 1 : 0
    this.#finished.set(key, sofar)
    return sofar
  }
}

function keyOf(workload: string, strategy: string): string {
  return `${workload} ${strategy}`
}
