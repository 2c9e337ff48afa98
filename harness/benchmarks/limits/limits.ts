/**
 * How far each PostgreSQL strategy stays from its own statements, sent by pg alone.
 *
 *     npm run bench:limits [strategy …]
 *
 * Beside each strategy that sends one hold at a time, the same statements are sent by pg alone, prepared, in the
 * same pool and on the same tables: by 1 caller, by 32 for one row, and by 32 spread over 200 rows. The two take
 * turns, and the ratio of two neighbours is the result: the median of all rounds. The figures beside it belong
 * to this machine and this minute.
 *
 * Ends with 1 and one sentence if a ratio is below its floor: a change that halves the speed of a strategy
 * fails, and a busy machine does not. Takes about two minutes and ends after five.
 */
import Table from 'cli-table3'
import { registry, type StrategyEntry } from '../../../strategies/registry.ts'
import type { ReservationStrategy, ResourceId } from '../../../strategies/strategy.ts'
import { holdId, resourceId, UNITS_MAX } from '../../../strategies/validation.ts'
import { monotonicMs } from '../../clock.ts'
import { commitOfCheckout, machineFacts } from '../../compare/machine.ts'
import { describeEngines, type Engines, openEngines } from '../../engines/open.ts'
import type { PostgresNamespace } from '../../engines/postgres/namespace.ts'
import { prepareGround } from '../../ground/ground.ts'
import { formatFigure } from '../../report/format.ts'
import { BORDERLESS } from '../../report/table.ts'
import { type RecordedHold, recordHold, sendHold } from './same-statements.ts'

/** As in a comparison. */
const POOL_SIZE = 16
const LOADS = [
  { name: '1 caller', callers: 1, rows: 1 },
  { name: '32, one hot row', callers: 32, rows: 1 },
  { name: '32, spread over 200 rows', callers: 32, rows: 200 },
] as const
const ROUNDS = 5
const MEASURED_MS = 350
/** In the first round, for each load and side: connections prepare, and code is compiled. */
const WARM_UP_MS = 250
const DEADLINE_MS = 5 * 60_000
/** Longer than the run: nothing falls due meanwhile. */
const TTL_MS = 10 * 60_000
/** Where each unit is a row. The hot row is a new one in every round. */
const UNIT_ROWS = { hot: 10_000, spread: 500 }
/**
 * What a ratio has to reach: less than it does, since two cores are shared with the engine and everybody
 * else; more than half of it.
 */
const FLOOR = 0.75

type Load = (typeof LOADS)[number]
type Once = (caller: number, number: number) => Promise<boolean>

/** A strategy on a ground of its own, and its statements. */
interface Bench {
  readonly entry: StrategyEntry
  readonly strategy: ReservationStrategy
  readonly space: PostgresNamespace
  readonly recorded: RecordedHold
}

interface Cell {
  readonly strategy: string
  readonly load: string
  /** Holds granted per second, one for each round. */
  readonly ours: number[]
  readonly alone: number[]
}

async function benchmark(asked: readonly string[]): Promise<void> {
  const started = monotonicMs()
  const entries = entriesFor(asked)
  await using opened = await openEngines(['postgres'], {
    durability: 'durable',
    log: (line) => console.log(line),
  })
  const { engines, missing } = opened
  const [gone] = missing
  if (gone !== undefined) throw new Error(`${gone.name}: NOT PROVEN: ${gone.why}. To fix it: ${gone.remedy}`)
  const { os, cpu, cores, memoryGib, node } = machineFacts()
  const commit = (await commitOfCheckout()) ?? 'unknown'
  console.log(`machine      ${cpu}, ${cores} cores, ${memoryGib} GiB, ${os}, Node ${node}, commit ${commit}`)
  for (const line of describeEngines(engines)) console.log(`engine       ${line}`)
  console.log(
    `settings     one line of 1 unit, pool of ${POOL_SIZE}, one process, median of ${ROUNDS} rounds of ${MEASURED_MS} ms each`,
  )
  const cells = await measuredCells(entries, engines, started + DEADLINE_MS)
  console.log(`\n${tableOf(cells)}\n`)
  console.log(`took ${((monotonicMs() - started) / 1_000).toFixed(0)} s`)
  const below = cells.filter((cell) => ratioOf(cell) < FLOOR)
  if (below.length === 0) return
  const told = below
    .map((cell) => `${cell.strategy} (${cell.load}: ${formatRatio(ratioOf(cell))})`)
    .join(', ')
  console.error(`Below ${FLOOR} of the same statements sent by pg alone: ${told}.`)
  process.exitCode = 1
}

/** Those on PostgreSQL alone that send one hold at a time; or of these, those that are named. */
function entriesFor(asked: readonly string[]): readonly StrategyEntry[] {
  const all = registry.filter(
    ({ engines, promises }) => engines.length === 1 && engines[0] === 'postgres' && !promises.batches,
  )
  const strange = asked.find((name) => all.every((entry) => entry.name !== name))
  if (strange !== undefined) {
    throw new Error(`${strange} is none of ${all.map(({ name }) => name).join(', ')}`)
  }
  return asked.length === 0 ? all : all.filter(({ name }) => asked.includes(name))
}

async function measuredCells(
  entries: readonly StrategyEntry[],
  engines: Engines,
  endMs: number,
): Promise<readonly Cell[]> {
  await using undo = new AsyncDisposableStack()
  const benches: Bench[] = []
  for (const entry of entries) {
    const ground = undo.adopt(await prepareGround(entry, engines, POOL_SIZE), (each) => each.dispose())
    const space = ground.namespaces.get('postgres') as PostgresNamespace
    const recorded = await recordHold(entry, space.pool, TTL_MS)
    const settings = { criticalSection: async () => {}, random: Math.random }
    const strategy = undo.adopt(await entry.open(ground.connections, settings), (each) => each.close())
    benches.push({ entry, strategy, space, recorded })
  }
  const cells = benches.map(({ entry }) =>
    LOADS.map((load): Cell => ({ strategy: entry.name, load: load.name, ours: [], alone: [] })),
  )
  for (let round = 0; round < ROUNDS; round++) {
    for (const [loadAt, load] of LOADS.entries()) {
      // Who comes first changes from round to round, so that nobody always follows the same neighbour.
      for (let turn = 0; turn < benches.length; turn++) {
        const at = (turn + round) % benches.length
        const bench = benches[at]
        const cell = cells[at]?.[loadAt]
        if (bench === undefined || cell === undefined) continue
        if (monotonicMs() > endMs) throw new Error(`not done within ${DEADLINE_MS / 1_000} s`)
        await measure(bench, load, { round, cell })
      }
    }
  }
  return cells.flat()
}

/** Both sides, one right after the other, each on resources of its own; which comes first alternates. */
async function measure(
  { entry, strategy, space, recorded }: Bench,
  load: Load,
  { round, cell }: { readonly round: number; readonly cell: Cell },
): Promise<void> {
  const isUnits = recorded.statements.some(({ text }) => /\bunit\b/.test(text))
  const sides = [
    {
      told: cell.ours,
      once: (id: string, resource: ResourceId) =>
        strategy
          .hold({ holdId: holdId(id), lines: [{ resourceId: resource, quantity: 1 }], ttlMs: TTL_MS })
          .then(({ kind }) => granted(kind, entry)),
    },
    {
      told: cell.alone,
      once: (id: string, resource: ResourceId) =>
        sendHold(space.pool, recorded, { holdId: holdId(id), resourceId: resource }),
    },
  ]
  for (const [sideAt, { told, once }] of (round % 2 === 0 ? sides : sides.toReversed()).entries()) {
    const mark = `${load.callers}-${load.rows}-${round}-${sideAt}`
    const resources = Array.from({ length: load.rows }, (_, row) => resourceId(`row-${mark}-${row}`))
    const unitRows = load.rows === 1 ? UNIT_ROWS.hot : UNIT_ROWS.spread
    const capacity = isUnits ? unitRows : UNITS_MAX
    await strategy.createResources(resources.map((id) => ({ id, capacity })))
    const call =
      (phase: string): Once =>
      (caller, number) =>
        once(
          `${phase}-${mark}-${caller}-${number}`,
          resources[scattered(caller, number, load.rows)] as ResourceId,
        )
    if (round === 0) await loop(call('warm-up'), load.callers, WARM_UP_MS)
    told.push(await loop(call('hold'), load.callers, MEASURED_MS))
  }
}

/** The same rows for both sides, in an order that brings no two callers into step. */
function scattered(caller: number, number: number, rows: number): number {
  return (Math.imul(caller * 65_537 + number + 1, 2_654_435_761) >>> 8) % rows
}

function granted(kind: string, { name }: StrategyEntry): boolean {
  if (kind === 'held') return true
  if (kind === 'contended') return false
  throw new Error(`${name} answered a hold that could only be held or contended: ${kind}`)
}

/** Every caller asks for the next hold as soon as the last one was answered; holds granted per second. */
async function loop(once: Once, callers: number, durationMs: number): Promise<number> {
  const started = monotonicMs()
  const endMs = started + durationMs
  let held = 0
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let number = 0; monotonicMs() < endMs; number++) {
        if (await once(caller, number)) held++
      }
    }),
  )
  return held / ((monotonicMs() - started) / 1_000)
}

function ratioOf({ ours, alone }: Cell): number {
  return median(ours.map((figure, at) => figure / (alone[at] ?? Number.NaN)))
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function formatRatio(ratio: number): string {
  return ratio.toFixed(2)
}

function tableOf(cells: readonly Cell[]): string {
  const table = new Table({
    ...BORDERLESS,
    head: ['strategy', 'callers', 'holds/s', 'pg alone', 'ratio', 'from', 'to'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
  })
  for (const cell of cells) {
    const ratios = cell.ours.map((figure, at) => figure / (cell.alone[at] ?? Number.NaN))
    table.push([
      cell.load === LOADS[0].name ? cell.strategy : '',
      cell.load,
      formatFigure(median(cell.ours)),
      formatFigure(median(cell.alone)),
      formatRatio(ratioOf(cell)),
      formatRatio(Math.min(...ratios)),
      formatRatio(Math.max(...ratios)),
    ])
  }
  return table.toString()
}

await benchmark(process.argv.slice(2))
