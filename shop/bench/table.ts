/** A bench as text. */
import Table from 'cli-table3'
import { BORDERLESS } from '../../harness/report/table.ts'
import { amdahl, TALK_AFTER, TALK_BEFORE } from './amdahl.ts'
import { type BenchSide, type BenchState, breakdowns, OASIS_PER_SECOND } from './state.ts'

export function printBench(state: BenchState): string {
  const { seconds, buyers, generator, pay, sides } = state
  const how = pay === 'routes' ? 'paid through the shop’s routes' : 'paid by MockPay at once'
  return [
    `${buyers} buyers for ${seconds} s by ${generator}, ${how}, all durable`,
    ...new Set(sides.flatMap(({ engines }) => engines)),
    '',
    sidesTable(sides),
    '',
    partsTable(sides),
    '',
    ...amdahlLines(state),
    '',
  ].join('\n')
}

function sidesTable(sides: readonly BenchSide[]): string {
  const table = new Table({
    ...BORDERLESS,
    head: [
      ...['level', 'strategy', 'processes', 'tickets/s', 'Oasis', 'p50 ms', 'p99 ms'],
      ...['tickets/CPU s', 'µs: shop', 'engines', 'MockPay', 'generator', 'limited by'],
    ],
  })
  for (const { level, strategy, workers, measured, state, why } of sides) {
    if (measured === undefined) {
      table.push([level, strategy, workers, { content: why ?? state, colSpan: 10 }])
      continue
    }
    const { ticketsPerSecond, ticketsPerCpuSecond, cpu, paid, p50Ms, p99Ms, limit, failures, breached } =
      measured
    const each = (ms: number): string => ((ms * 1_000) / paid).toFixed(0)
    const doubts = [...(failures > 0 ? [`${failures} failures`] : []), ...breached]
    table.push([
      ...[
        level,
        strategy,
        workers,
        ticketsPerSecond.toFixed(0),
        (ticketsPerSecond / OASIS_PER_SECOND).toFixed(1),
      ],
      ...[p50Ms.toFixed(0), p99Ms.toFixed(0), ticketsPerCpuSecond.toFixed(0)],
      ...[each(cpu.shop), enginesCell(cpu.programs, each), each(cpu.mockpay), each(cpu.generator)],
      [limit, ...doubts].join('; '),
    ])
  }
  return table.toString()
}

/** The part of each engine, the largest first. */
function enginesCell(programs: Readonly<Record<string, number>>, each: (ms: number) => string): string {
  return Object.entries(programs)
    .toSorted(([, a], [, b]) => b - a)
    .flatMap(([name, ms]) => (ms > 0 ? [`${each(ms)} ${name}`] : []))
    .join(', ')
}

function partsTable(sides: readonly BenchSide[]): string {
  const measured = sides.filter((side) => side.measured !== undefined)
  const names = [...new Set(measured.flatMap((side) => side.measured?.parts.map(({ part }) => part) ?? []))]
  const table = new Table({ ...BORDERLESS, head: ['mean ms per part', ...names] })
  for (const { level, strategy, workers, measured: told } of measured) {
    table.push([
      `${level} ${strategy}${workers === 1 ? '' : ` × ${workers}`}`,
      ...names.map((name) => told?.parts.find(({ part }) => part === name)?.meanMs.toFixed(2) ?? ''),
    ])
  }
  return table.toString()
}

function amdahlLines(state: BenchState): readonly string[] {
  const line = (of: string, { share, speedup, predicted, measured }: ReturnType<typeof amdahl>): string =>
    `${of}: the hold took ${(100 * share).toFixed(0)} % and became ${speedup.toFixed(2)} times as fast: ` +
    `${predicted.toFixed(2)} times predicted, ${measured.toFixed(2)} times measured`
  const ours = breakdowns(state).map((each) => line(`level 1 to level 3 with ${each.of}`, each))
  if (ours.length === 0) return []
  return [
    'Amdahl’s law on hold and session of a checkout:',
    ...ours,
    line('the figures of the talk (000), computed again', amdahl(TALK_BEFORE, TALK_AFTER)),
  ]
}
