/** Tells how far a comparison is: one line that changes on a terminal, a line per finished strategy and workload elsewhere. */
import type { CompareEvent } from '../harness/compare/compare.ts'
import { type Plan, rounds } from '../harness/compare/plan.ts'
import { oneLine, reasonOf } from '../harness/errors.ts'
import { counted, formatSpan } from '../harness/report/format.ts'
import type { Sink } from './output.ts'

/** To the start of the line, and what stood there away. */
const CLEAR_LINE = '\r\u001b[2K'

export interface Progress {
  tell(event: CompareEvent): void
  /** Takes the changing line away; nothing is told after it. */
  end(): void
}

export function progressTo(sink: Sink, plan: Plan, options: { readonly stacks: boolean }): Progress {
  const planned = new Map<string, number>()
  for (const round of rounds(plan)) {
    for (const entry of round.strategies) {
      const key = keyOf(round.workload, entry.name)
      planned.set(key, (planned.get(key) ?? 0) + 1)
    }
  }
  const finished = new Map<string, { trials: number; convicted: number; unknown: number }>()
  let done = 0
  let total = [...planned.values()].reduce((sum, count) => sum + count, 0)
  let lastRepeat = 1
  let ended = false

  function status(text: string): void {
    if (!sink.isTerminal || ended) return
    const width = Math.max(10, sink.columns - 1)
    sink.write(`${CLEAR_LINE}${text.length > width ? `${text.slice(0, width - 1)}…` : text}`)
  }
  function line(text: string): void {
    sink.write(`${sink.isTerminal ? CLEAR_LINE : ''}${text}\n`)
  }

  return {
    tell(event) {
      switch (event.kind) {
        case 'control-started':
          status(`control: trying to catch the unsafe one, round ${event.round}`)
          break
        case 'control-ended': {
          const { caught, strategy, workload, rounds: tried } = event.control
          const text = caught
            ? `control: ${strategy} was caught on ${workload} in round ${tried}: the checker and this load can tell`
            : `control: ${event.control.conviction}; nothing in this run is proven`
          line(caught ? text : sink.paint('doubtful', text))
          break
        }
        case 'trial-started': {
          const { workload, concurrency } = event.round
          // Elsewhere than on a terminal: a sign of life whenever the same things begin once more.
          if (!sink.isTerminal && event.round.repeat > lastRepeat) {
            line(
              `[${done}/${total}] ${workload}, time ${event.round.repeat}, about ${formatSpan(event.remainingMs)} left`,
            )
          }
          lastRepeat = event.round.repeat
          const left = event.remainingMs > 0 ? `, about ${formatSpan(event.remainingMs)} left` : ''
          status(`[${done + 1}/${total}] ${workload} × ${concurrency}  ${event.strategy}${left}`)
          break
        }
        case 'trial-ended': {
          const { trial } = event
          done = event.done
          total = event.total
          const key = keyOf(trial.workload, trial.strategy)
          const sofar = finished.get(key) ?? { trials: 0, convicted: 0, unknown: 0 }
          sofar.trials += 1
          sofar.convicted += trial.verdict === 'invalid' ? 1 : 0
          sofar.unknown += trial.verdict === 'unknown' ? 1 : 0
          finished.set(key, sofar)
          if (!sink.isTerminal && sofar.trials === planned.get(key)) {
            const found =
              sofar.convicted > 0 ? 'convicted' : sofar.unknown > 0 ? 'not proven' : 'no violation'
            line(
              `[${done}/${total}] ${trial.workload}  ${trial.strategy}  ${counted(sofar.trials, 'trial')}: ${found}`,
            )
          }
          break
        }
        case 'strategy-failed':
          line(`${event.strategy} failed: ${oneLine(reasonOf(event.error))}`)
          if (options.stacks && event.error instanceof Error) line(event.error.stack ?? '')
          break
        case 'history-lost':
          line(
            `the history of ${event.trial.strategy} on ${event.trial.workload} was lost: ${oneLine(reasonOf(event.error))}`,
          )
          break
        default:
          event satisfies never
      }
    },
    end() {
      if (sink.isTerminal && !ended) sink.write(CLEAR_LINE)
      ended = true
    },
  }
}

function keyOf(workload: string, strategy: string): string {
  return `${workload} ${strategy}`
}
