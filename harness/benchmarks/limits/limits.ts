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
  readonly bench: Bench
  readonly load: Load
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
    `settings     one line of 1 unit, pool of ${POOL_SIZE}, one process, median of ${ROUNDS} rounds of ${TURNS} turns of ${TURN_MS} ms for each side`,
  )
  const cells = await measuredCells(entries, engines, started + DEADLINE_MS)
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
  const cells = benches.flatMap((bench) => LOADS.map((load): Cell => ({ bench, load, ours: [], alone: [] })))
  for (let round = 0; round < ROUNDS; round++) await measureAll(cells, round, endMs)
  // Few rounds on a busy machine may say anything; those of a strategy that has become slow say it again.
  for (let round = ROUNDS; round < 2 * ROUNDS; round++) await measureAll(cells.filter(isBelow), round, endMs)
  return cells
}

/** Who comes first changes from round to round, so that nobody always follows the same neighbour. */
async function measureAll(cells: readonly Cell[], round: number, endMs: number): Promise<void> {
  const first = cells.length === 0 ? 0 : (round * LOADS.length) % cells.length
  for (const cell of [...cells.slice(first), ...cells.slice(0, first)]) {
    if (monotonicMs() > endMs) throw new Error(`not done within ${DEADLINE_MS / 1_000} s`)
    await measure(cell, round)
  }
}

/** Both sides in turn, each on resources of its own; which comes first alternates. */
async function measure(cell: Cell, round: number): Promise<void> {
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
    return { once, reached: { held: 0, elapsedMs: 0 } }
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
      if (round === 0 && turn === 0) await loop(once(-1), load.callers, WARM_UP_MS)
      const { held, elapsedMs } = await loop(once(turn), load.callers, TURN_MS)
      reached.held += held
      reached.elapsedMs += elapsedMs
    }
  }
  cell.ours.push((ours.reached.held / ours.reached.elapsedMs) * 1_000)
  cell.alone.push((alone.reached.held / alone.reached.elapsedMs) * 1_000)
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

/** Every caller asks for the next hold as soon as the last one was answered. */
async function loop(
  once: Once,
  callers: number,
  durationMs: number,
): Promise<{ readonly held: number; readonly elapsedMs: number }> {
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
  return { held, elapsedMs: monotonicMs() - started }
}

function isBelow(cell: Cell): boolean {
  return ratioOf(cell) < FLOOR
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
      cell.load === LOADS[0] ? cell.bench.entry.name : '',
      cell.load.name,
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
