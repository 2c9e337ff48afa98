/** What a bench publishes: its figures as data, and docs/tigerbench.md as a function of them. */

import { formatCount } from '../../harness/report/format.ts'
import { markdownTable } from '../../harness/report/markdown.ts'
import { rangeOf } from '../../harness/report/range.ts'
import type { Machine } from '../../harness/results/settings.ts'
import { amdahl, TALK_AFTER, TALK_BEFORE } from './amdahl.ts'
import type { SideMeasured } from './side.ts'
import { type BenchSide, type BenchState, breakdowns, OASIS_PER_SECOND } from './state.ts'

export interface PublishedBench {
  readonly commit: string
  readonly at: string
  readonly machine: Machine
  /** The load average when it began: of other work. */
  readonly loadBefore: number
  readonly state: BenchState
}

/** The whole page. */
export function tigerbenchPage({ commit, at, machine, loadBefore, state }: PublishedBench): string {
  const { seconds, buyers, generator, pay, sides } = state
  const engines = [...new Set(sides.flatMap((side) => side.engines))]
  const repeats = Math.max(...sides.map(({ runs }) => runs.length))
  return `# TigerBench

Levels and strategies of the ticket shop side by side, from checkout to PAID, all durable. Written by
\`npm run bench:shop -- --repeats ${repeats} --publish\` from \`docs/results/tigerbench.json\`; a test compares the two.

${buyers} buyers for ${seconds} s by ${generator}, ${pay === 'routes' ? 'who pay through the shop’s routes' : 'paid by MockPay at once'}; ${repeats} times each, in turn, after a warm-up. Medians, with the least and
the most in brackets. Tickets per processor second count the shop and the engines; the generator and MockPay are left out.

${table(
  ['level', 'strategy', 'processes', 'tickets/s', 'tickets per processor second', 'p50 ms', 'p99 ms'],
  sides.map(({ level, strategy, workers, runs }) => [
    ...[String(level), strategy, String(workers)],
    ranged(runs, ({ ticketsPerSecond }) => ticketsPerSecond),
    ranged(runs, ({ ticketsPerCpuSecond }) => ticketsPerCpuSecond),
    ranged(runs, ({ p50Ms }) => p50Ms),
    ranged(runs, ({ p99Ms }) => p99Ms),
  ]),
)}

The sale of Oasis tickets, 1.4 million in 6 hours, was ${OASIS_PER_SECOND} tickets a second; for others that were published, see [the shop](shop.md).

## Where processor time goes

Microseconds of processor time for a ticket, of the median run of each side, and what could not do more.

${table(
  ['level', 'strategy', 'processes', 'shop', 'engines', 'MockPay', 'generator', 'tickets', 'limited by'],
  sides.map(({ level, strategy, workers, measured }) => [
    ...[String(level), strategy, String(workers)],
    ...(measured === undefined ? [] : costs(measured)),
  ]),
)}

## Where the time of one order goes

Mean milliseconds, of the median run of each side; checkout and webhook are whole requests.

${partsTable(sides)}

## Amdahl's law, as the talk (000) uses it

It takes a checkout for a hold (which it calls accounting) and a session, and predicts from the hold alone.

${table(
  ['from level 1 to level 3 with', 'share of the hold', 'the hold, times as fast', 'predicted', 'measured'],
  [
    ...breakdowns(state).map((each) => amdahlRow(each.of, each)),
    amdahlRow('the figures of the talk, computed again', amdahl(TALK_BEFORE, TALK_AFTER)),
  ],
)}
${workersSection(sides)}
## Of what

${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.os}, Node ${machine.node}; load average ${loadBefore.toFixed(1)} before; ${engines.join(', ')}; commit ${commit}; ${at}.
The generator, MockPay, the shop and the engines share these cores.
`
}

/** More processes of the shop, as the talk tried: how many times the tickets of one. */
function workersSection(sides: readonly BenchSide[]): string {
  const groups = Map.groupBy(sides, ({ level, strategy }) => `level ${level}, ${strategy}`)
  const rows = [...groups].flatMap(([name, own]) => {
    const one = own.find(({ workers }) => workers === 1)
    if (one === undefined || own.length < 2) return []
    const before = rangeOf(one.runs.map(({ ticketsPerSecond }) => ticketsPerSecond)).median
    return own.map(({ workers, runs }) => {
      const { median, min, max } = rangeOf(runs.map(({ ticketsPerSecond }) => ticketsPerSecond / before))
      return [name, String(workers), `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`]
    })
  })
  if (rows.length === 0) return ''
  return `
## One process, or several

The talk saw one process of its shop sell more than several, since each process makes smaller batches. Tickets per second, compared with
the median of one process:

${table(['side', 'processes', 'times the tickets of one'], rows)}
`
}

function amdahlRow(
  of: string,
  { share, speedup, predicted, measured }: ReturnType<typeof amdahl>,
): readonly string[] {
  return [
    of,
    `${(100 * share).toFixed(0)} %`,
    ...[speedup, predicted, measured].map((each) => each.toFixed(2)),
  ]
}

function costs({ cpu, paid, limit, failures }: SideMeasured): readonly string[] {
  const each = (ms: number): string => formatCount(Math.round((ms * 1_000) / paid))
  const programs = Object.entries(cpu.programs).filter(([, ms]) => ms > 0)
  const engines = programs.map(([name, ms]) => `${name} ${each(ms)}`).join(', ')
  const limits = failures > 0 ? `${limit}; ${failures} failures` : limit
  return [each(cpu.shop), engines, each(cpu.mockpay), each(cpu.generator), formatCount(paid), limits]
}

function partsTable(sides: readonly BenchSide[]): string {
  const all = sides.flatMap(({ measured }) => measured?.parts ?? [])
  const names = [...new Set(all.map(({ part }) => part))]
  return table(
    ['level', 'strategy', 'processes', ...names],
    sides.map(({ level, strategy, workers, measured }) => [
      ...[String(level), strategy, String(workers)],
      ...names.map((name) => measured?.parts.find(({ part }) => part === name)?.meanMs.toFixed(2) ?? '–'),
    ]),
  )
}

function ranged(runs: readonly SideMeasured[], of: (run: SideMeasured) => number): string {
  const { median, min, max } = rangeOf(runs.map(of))
  const told = [median, min, max].map((value) => formatCount(Math.round(value)))
  return `${told[0]} (${told[1]} to ${told[2]})`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return markdownTable(head, rows).join('\n')
}
