/** Prints the progress, the findings and the limits of an exploration. */
import { monotonicMs } from '../../harness/clock.ts'
import { brief, plain } from '../../harness/engines/wording.ts'
import { controlEntry } from '../../harness/entries/control.ts'
import type { ExplorationProgress, Explored } from '../../harness/explore/explore.ts'
import { LIMITS } from '../../harness/explore/limits.ts'
import { firstOffence } from '../../harness/report/answer.ts'
import { counted, formatSpan } from '../../harness/report/format.ts'
import { quoted } from '../context.ts'
import type { Sink } from '../output.ts'

/** Only long explorations print their progress. */
const PROGRESS_EVERY_MS = 20_000

export function progressTo(err: Sink): (progress: ExplorationProgress) => void {
  let printedMs = monotonicMs()
  return ({ strategy, scenario, schedules, violating }) => {
    if (monotonicMs() - printedMs < PROGRESS_EVERY_MS) return
    printedMs = monotonicMs()
    const found = violating === 0 ? '' : `, VIOLATED in ${violating} of them`
    err.write(`${strategy} · ${scenario} · ${counted(schedules, 'schedule')} so far${found}\n`)
  }
}

/** One line per exploration; for a violation, also the command that replays it. */
export function printFound(out: Sink, explored: Explored, program: string): void {
  const { strategy, scenario, outcome, schedules, violating, asPromised, givenUp, elapsedMs } = explored
  const span = formatSpan(elapsedMs)
  const head = `${strategy} · ${scenario} · `
  switch (outcome) {
    case 'proved': {
      const missed = asPromised ? '' : out.paint('bad', '  but it should have been violated here')
      out.write(
        `${head}${out.paint('good', 'proved within scope')} (${counted(schedules, 'schedule')}, 0 oversell, ${span})${missed}\n`,
      )
      if (givenUp > 0) {
        out.write(
          `  ${counted(givenUp, 'pick')} among waiting sessions that PostgreSQL did not repeat: each followed once\n`,
        )
      }
      break
    }
    case 'violated':
      out.write(
        `${head}${out.paint('bad', 'VIOLATED')} in ${violating} of ${counted(schedules, 'schedule')} (${span})${expectedOf(explored, out)}\n` +
          `  shortest: ${program} replay ${quoted(explored.schedule ?? '')}\n`,
      )
      if (!asPromised) out.write(`${plain(firstOffence(explored.conviction ?? ''))}\n`)
      printReasons(out, explored)
      break
    case 'unknown':
      out.write(
        `${head}${out.paint('doubtful', 'unknown')}: no violation in ${counted(schedules, 'schedule')} (${span})\n`,
      )
      printReasons(out, explored)
      break
  }
  const { varied } = explored
  const [first] = varied
  if (first === undefined) return
  const more = varied.length === 1 ? '' : `, and ${counted(varied.length - 1, 'more')}`
  const note = `a value that differs between runs is treated as opaque: ${brief(first, VALUE_CHARACTERS)}${more}`
  out.write(out.paint('quiet', `  ${note}\n`))
}

/** How a violation stands to what the strategy promises. */
function expectedOf({ strategy, asPromised }: Explored, out: Sink): string {
  if (!asPromised) return out.paint('bad', '  but it promised to be safe')
  return strategy === controlEntry().name ? ', as expected of the control' : ', as its promises allow'
}

const VALUE_CHARACTERS = 160

function printReasons(out: Sink, { outcome, reasons }: Explored): void {
  const word = outcome === 'violated' ? 'also not shown: ' : ''
  for (const reason of reasons) out.write(`  ${word}${reason}\n`)
}

/** What was proved, and its limits; nothing where nothing was explored. */
export function printLimits(out: Sink, explorations: readonly Explored[]): void {
  if (explorations.length === 0) return
  const proved = explorations.filter(({ outcome }) => outcome === 'proved').length
  const schedules = explorations.reduce((sum, each) => sum + each.schedules, 0)
  const clients = explorations[0]?.clients ?? 0
  out.write(
    `\n${proved} of ${counted(explorations.length, 'exploration')} proved within scope, ${counted(schedules, 'schedule')} in total, ${clients} clients. What this does not show:\n`,
  )
  for (const limit of LIMITS) out.write(out.paint('quiet', `- ${limit}\n`))
}
