/**
 * How far each PostgreSQL strategy stays from its own statements, sent by pg alone.
 *
 *     npm run bench:limits [strategy …]
 *
 * Beside each strategy that sends one hold at a time, the same statements are sent by pg alone, prepared, in
 * the same pool and on the same tables: by 1 caller, by 32 for one row, and by 32 spread over 200 rows. The
 * two take turns, a tenth of a second each, and the ratio of what they reach is the result: the median of all
 * rounds. The figures beside it belong to this machine and this minute.
 *
 * Ends with 1 and one sentence if a ratio is below its floor after twice as many rounds: a change that halves
 * the speed of a strategy fails. Takes two to four minutes, and ends after six.
 */
import Table from 'cli-table3'
import { registry, type StrategyEntry } from '../../../strategies/registry.ts'
import type { HoldId, ReservationStrategy, ResourceId } from '../../../strategies/strategy.ts'
import { holdId, resourceId, UNITS_MAX } from '../../../strategies/validation.ts'
import { monotonicMs } from '../../clock.ts'
import { describeEngines, type Engines, openEngines } from '../../engines/open.ts'
import type { PostgresNamespace } from '../../engines/postgres/namespace.ts'
import { prepareGround } from '../../ground/ground.ts'
import { formatFigure } from '../../report/format.ts'
import { BORDERLESS } from '../../report/table.ts'
import {
  formatRatio,
  formatRatios,
  inClosedLoop,
  inRounds,
  machineLine,
  medianOf,
  type Once,
  ratiosOf,
} from '../in-turn.ts'
import { type RecordedHold, recordHold, sendHold } from './same-statements.ts'

/** As in a comparison. */
const POOL_SIZE = 16
const LOADS = [
  { name: '1 caller', callers: 1, rows: 1 },
  { name: '32, one hot row', callers: 32, rows: 1 },
  { name: '32, spread over 200 rows', callers: 32, rows: 200 },
] as const
const ROUNDS = 5
/** Turns of each side in one round: short, so that what else the machine does meets both. */
const TURNS = 4
const TURN_MS = 90
/** In the first round, for each load and side: connections prepare, and code is compiled. */
const WARM_UP_MS = 250
const DEADLINE_MS = 6 * 60_000
/** Longer than the run: nothing falls due meanwhile. */
const TTL_MS = 10 * 60_000
/** Where each unit is a row. The hot row is a new one in every round. */
const UNIT_ROWS = { hot: 10_000, spread: 500 }
/**
 * What a ratio has to reach: less than it does, since two cores are shared with the engine and everybody
 * else; more than half of it.
 */
const FLOOR = 0.75

/** So many callers, on so many rows. */
interface LimitLoad {
  readonly name: string
  readonly callers: number
  readonly rows: number
}

/** A strategy on a ground of its own, and its statements. */
interface Bench {
  readonly entry: StrategyEntry
  readonly strategy: ReservationStrategy
  readonly space: PostgresNamespace
  readonly recorded: RecordedHold
}

export interface LimitCell {
  readonly bench: Bench
  readonly load: LimitLoad
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
  console.log(await machineLine())
  for (const line of describeEngines(engines)) console.log(`engine       ${line}`)
  console.log(
    `settings     one line of 1 unit, pool of ${POOL_SIZE}, one process, median of ${ROUNDS} rounds of ${TURNS} turns of ${TURN_MS} ms for each side`,
  )
  const cells = await measuredCells(entries, engines, { loads: LOADS, endMs: started + DEADLINE_MS })
  console.log(`\n${tableOf(cells)}\n`)
  console.log(`took ${((monotonicMs() - started) / 1_000).toFixed(0)} s`)
  const below = cells.filter((cell) => ratioOf(cell) < FLOOR)
  if (below.length === 0) return
  const told = below
    .map((cell) => `${cell.bench.entry.name} (${cell.load.name}: ${formatRatio(ratioOf(cell))})`)
    .join(', ')
  console.error(`Below ${FLOOR} of the same statements sent by pg alone: ${told}.`)
  process.exitCode = 1
}

/** Those on PostgreSQL alone that send one hold at a time; or of these, those that are named. */
export function entriesFor(asked: readonly string[]): readonly StrategyEntry[] {
  const all = registry.filter(
    ({ engines, promises }) => engines.length === 1 && engines[0] === 'postgres' && !promises.batches,
  )
  const strange = asked.find((name) => all.every((entry) => entry.name !== name))
  if (strange !== undefined) {
    throw new Error(`${strange} is none of ${all.map(({ name }) => name).join(', ')}`)
  }
  return asked.length === 0 ? all : all.filter(({ name }) => asked.includes(name))
}

/** Of a run that ends before `endMs`. */
export async function measuredCells(
  entries: readonly StrategyEntry[],
  engines: Engines,
  { loads, endMs }: { readonly loads: readonly LimitLoad[]; readonly endMs: number },
): Promise<readonly LimitCell[]> {
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
  const cells = benches.flatMap((bench) =>
    loads.map((load): LimitCell => ({ bench, load, ours: [], alone: [] })),
  )
  await inRounds(cells, { rounds: ROUNDS, endMs, isBelow }, measure)
  return cells
}

/** Both sides in turn, each on resources of its own; which comes first alternates. */
async function measure(cell: LimitCell, round: number): Promise<void> {
  const { bench, load } = cell
  const { entry, strategy, space, recorded } = bench
  const isUnits = recorded.statements.some(({ text }) => /\bunit\b/.test(text))
  const unitRows = load.rows === 1 ? UNIT_ROWS.hot : UNIT_ROWS.spread
  const side = async (name: string, hold: (id: HoldId, resource: ResourceId) => Promise<boolean>) => {
    const mark = `${load.callers}-${load.rows}-${round}-${name}`
    const resources = Array.from({ length: load.rows }, (_, row) => resourceId(`row-${mark}-${row}`))
    const capacity = isUnits ? unitRows : UNITS_MAX
    await strategy.createResources(resources.map((id) => ({ id, capacity })))
    const once =
      (turn: number): Once =>
      (caller, number) =>
        hold(
          holdId(`h-${mark}-${turn}-${caller}-${number}`),
          resources[scattered(caller, number, load.rows)] as ResourceId,
        )
    return { once, reached: { done: 0, elapsedMs: 0 } }
  }
  const ours = await side('ours', async (id, resource) => {
    const lines = [{ resourceId: resource, quantity: 1 }]
    return granted((await strategy.hold({ holdId: id, lines, ttlMs: TTL_MS })).kind, entry)
  })
  const alone = await side('alone', (id, resource) =>
    sendHold(space.pool, recorded, { holdId: id, resourceId: resource }),
  )
  for (let turn = 0; turn < TURNS; turn++) {
    for (const { once, reached } of (turn + round) % 2 === 0 ? [ours, alone] : [alone, ours]) {
      if (round === 0 && turn === 0) await inClosedLoop(once(-1), load.callers, WARM_UP_MS)
      const { done, elapsedMs } = await inClosedLoop(once(turn), load.callers, TURN_MS)
      reached.done += done
      reached.elapsedMs += elapsedMs
    }
  }
  cell.ours.push((ours.reached.done / ours.reached.elapsedMs) * 1_000)
  cell.alone.push((alone.reached.done / alone.reached.elapsedMs) * 1_000)
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

function isBelow(cell: LimitCell): boolean {
  return ratioOf(cell) < FLOOR
}

/** What the strategy reaches of its own statements sent by pg alone. */
export function ratioOf({ ours, alone }: LimitCell): number {
  return medianOf(ratiosOf(ours, alone))
}

function tableOf(cells: readonly LimitCell[]): string {
  const table = new Table({
    ...BORDERLESS,
    head: ['strategy', 'callers', 'holds/s', 'pg alone', 'ratio', 'from', 'to'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
  })
  for (const cell of cells) {
    table.push([
      cell.load === LOADS[0] ? cell.bench.entry.name : '',
      cell.load.name,
      formatFigure(medianOf(cell.ours)),
      formatFigure(medianOf(cell.alone)),
      ...formatRatios(ratiosOf(cell.ours, cell.alone)),
    ])
  }
  return table.toString()
}

if (import.meta.main) await benchmark(process.argv.slice(2))
