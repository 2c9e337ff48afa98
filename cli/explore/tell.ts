/** An exploration on the terminal: how far it is, what it found, and what that does not show. */
import { monotonicMs } from '../../harness/clock.ts'
import { brief, plain } from '../../harness/engines/wording.ts'
import type { ExplorationProgress, Explored } from '../../harness/explore/explore.ts'
import { LIMITS } from '../../harness/explore/limits.ts'
import { firstOffence } from '../../harness/report/answer.ts'
import { counted, formatSpan } from '../../harness/report/format.ts'
import { quoted } from '../context.ts'
import type { Sink } from '../output.ts'

/** Most explorations are over sooner; of one that is not, a line now and then says that it goes on. */
const PROGRESS_EVERY_MS = 20_000

export function progressTo(err: Sink): (progress: ExplorationProgress) => void {
  let toldMs = monotonicMs()
  return ({ strategy, scenario, schedules, violating }) => {
    if (monotonicMs() - toldMs < PROGRESS_EVERY_MS) return
    toldMs = monotonicMs()
    const found = violating === 0 ? '' : `, VIOLATED in ${violating} of them`
    err.write(`${strategy} · ${scenario} · ${counted(schedules, 'schedule')} so far${found}\n`)
  }
}

/** One line of what was found, and of a violation how to see it again. */
export function tellFound(out: Sink, explored: Explored, program: string): void {
  const { strategy, scenario, outcome, schedules, violating, asPromised, givenUp, elapsedMs } = explored
  const span = formatSpan(elapsedMs)
  const head = `${strategy} · ${scenario} · `
  const kept = asPromised ? '' : out.paint('bad', '  but it promised to be safe')
  switch (outcome) {
    case 'proved': {
      const missed = asPromised ? '' : out.paint('bad', '  but it should have been violated here')
      out.write(
        `${head}${out.paint('good', 'proved within scope')} (${counted(schedules, 'schedule')}, 0 oversell, ${span})${missed}\n`,
      )
      if (givenUp > 0) {
        out.write(
          `  ${counted(givenUp, 'pick')} among those who waited that PostgreSQL did not make again: followed once\n`,
        )
      }
      break
    }
    case 'violated':
      out.write(
        `${head}${out.paint('bad', 'VIOLATED')} in ${violating} of ${counted(schedules, 'schedule')} (${span})${kept}\n` +
          `  shortest: ${program} replay ${quoted(explored.schedule ?? '')}\n`,
      )
      if (!asPromised) out.write(`${plain(firstOffence(explored.conviction ?? ''))}\n`)
      tellReasons(out, explored)
      break
    case 'unknown':
      out.write(
        `${head}${out.paint('doubtful', 'unknown')}: no violation in ${counted(schedules, 'schedule')} (${span})\n`,
      )
      tellReasons(out, explored)
      break
  }
  const { varied } = explored
  const [first] = varied
  if (first === undefined) return
  const more = varied.length === 1 ? '' : `, and ${counted(varied.length - 1, 'more')}`
  const said = `a value that differs between runs is treated as opaque: ${brief(first, VALUE_CHARACTERS)}${more}`
  out.write(out.paint('quiet', `  ${said}\n`))
}

const VALUE_CHARACTERS = 160

function tellReasons(out: Sink, { outcome, reasons }: Explored): void {
  const word = outcome === 'violated' ? 'also not shown: ' : ''
  for (const reason of reasons) out.write(`  ${word}${reason}\n`)
}

export function tellLimits(out: Sink, explorations: readonly Explored[]): void {
  const proved = explorations.filter(({ outcome }) => outcome === 'proved').length
  const schedules = explorations.reduce((sum, each) => sum + each.schedules, 0)
  const clients = explorations[0]?.clients ?? 0
  out.write(
    `\n${proved} of ${counted(explorations.length, 'exploration')} proved within scope, ${counted(schedules, 'schedule')} in total, ${clients} clients. What this does not show:\n`,
  )
  for (const limit of LIMITS) out.write(out.paint('quiet', `- ${limit}\n`))
}
