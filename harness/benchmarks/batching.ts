/**
 * Measures the gain from batching, and how close a strategy comes to its engine's own speed.
 *
 *     npm run bench:batching
 *
 * Holds on one contended resource that never sells out, in a closed loop, durable, by an increasing number of
 * callers. Then each batched strategy takes turns with its engine without one (batching/limits.ts):
 * PostgreSQL writing the same rows inside the server, pg sending them, and the client of TigerBeetle sending
 * full requests. The ratios are the result; the absolute figures depend on the machine and its current load.
 * Takes about two minutes.
 */
import { loadavg } from 'node:os'
import Table from 'cli-table3'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy, ResourceId } from '../../strategies/strategy.ts'
import { holdId, resourceId, UNITS_MAX } from '../../strategies/validation.ts'
import { monotonicMs } from '../clock.ts'
import { describeEngines, type Engines, openEngines } from '../engines/open.ts'
import type { TigerbeetleEngine } from '../engines/tigerbeetle/open.ts'
import { prepareGround } from '../ground/ground.ts'
import { batchesOf } from '../performance/figures.ts'
import { formatCount, formatFigure } from '../report/format.ts'
import { BORDERLESS } from '../report/table.ts'
import { type EngineLimits, postgresLimits, tigerbeetleLimits } from './batching/limits.ts'
import { ownBenchmark } from './batching/own-benchmark.ts'
import { inClosedLoop, machineLine } from './in-turn.ts'

/** Without batching, and batched across callers. */
const PAIRS = [
  { engine: 'postgres', single: 'postgres-conditional-update' },
  { engine: 'tigerbeetle', single: 'tigerbeetle-pending-transfer' },
] as const
const BATCHED = '-batched'
const CALLERS = [1, 8, 64, 512, 2_048]
/** The same as in a comparison. */
const POOL_SIZE = 16
const WARM_UP_MS = 200
/** Enough to warm up code and connections; more would take seconds to drain without batching. */
const WARM_UP_CALLERS_MAX = 64
const MEASURED_MS = 1_000
/** Longer than the run, so that no hold falls due. */
const TTL_MS = 10 * 60_000

interface Cell {
  readonly strategy: string
  readonly callers: number
  readonly holdsPerSecond: number
  /** Undefined if the strategy does not batch. */
  readonly batchMean: number | undefined
}

/** A strategy on its own ground, for all cells. */
interface Bench {
  readonly entry: StrategyEntry
  readonly strategy: ReservationStrategy
  /** The number of callers in each batch that was sent. */
  readonly batched: number[]
}

async function benchmark(): Promise<void> {
  const started = monotonicMs()
  const names = PAIRS.map(({ engine }) => engine)
  await using opened = await openEngines(names, { durability: 'durable', log: (line) => console.log(line) })
  const { engines, missing } = opened
  console.log(await machineLine())
  for (const line of describeEngines(engines)) console.log(`engine       ${line}`)
  console.log(
    `settings     one line of 1 unit, ttl ${TTL_MS / 1_000} s, pool of ${POOL_SIZE}, one process, ${MEASURED_MS} ms after ${WARM_UP_MS} ms of warm-up`,
  )
  for (const { name, why, remedy } of missing) {
    console.log(`${name}: NOT PROVEN: ${why}. To fix it: ${remedy}`)
  }

  console.log(`\n${tableOf(await measuredCells(engines))}\n`)
  if (engines.postgres) print(await postgresLimits(engines))
  const { tigerbeetle } = engines
  if (tigerbeetle) {
    print(await tigerbeetleLimits(engines))
    const own = await ownBenchmark(tigerbeetle as TigerbeetleEngine)
    const told =
      own.kind === 'measured'
        ? `${formatFigure(own.perSecond)} holds/s (${own.how})`
        : `not measured: ${own.why}`
    console.log(`tigerbeetle by its own benchmark, without Node: ${told}`)
  }
  console.log(
    `load         ${loadavg()
      .map((each) => each.toFixed(1))
      .join(', ')} at the end`,
  )
  console.log(`took ${((monotonicMs() - started) / 1_000).toFixed(0)} s`)
}

function print({ table, told }: EngineLimits): void {
  console.log(`${table}\n`)
  for (const line of told) console.log(line)
  console.log('')
}

async function measuredCells(engines: Engines): Promise<readonly Cell[]> {
  await using undo = new AsyncDisposableStack()
  const benches: Bench[] = []
  for (const { engine, single } of PAIRS) {
    if (engines[engine] === undefined) continue
    for (const name of [single, `${single}${BATCHED}`]) {
      const entry = registry.find((each) => each.name === name)
      if (entry === undefined) throw new Error(`there is no ${name}`)
      const ground = undo.adopt(await prepareGround(entry, engines, POOL_SIZE), (each) => each.dispose())
      const batched: number[] = []
      const strategy = undo.adopt(
        await entry.open(ground.connections, {
          criticalSection: async () => {},
          onBatch: (callers) => batched.push(callers),
          random: Math.random,
        }),
        (each) => each.close(),
      )
      benches.push({ entry, strategy, batched })
    }
  }
  const cells: Cell[] = []
  for (const [round, callers] of CALLERS.entries()) {
    // The order rotates from round to round, so that no strategy always follows the same one.
    const first = round % Math.max(1, benches.length)
    for (const bench of [...benches.slice(first), ...benches.slice(0, first)]) {
      cells.push(await measured(bench, callers))
    }
  }
  return cells
}

async function measured({ entry, strategy, batched }: Bench, callers: number): Promise<Cell> {
  const hot = resourceId(`general-admission-${callers}`)
  await strategy.createResources([{ id: hot, capacity: UNITS_MAX }])
  const warm = await loop(strategy, hot, {
    callers: Math.min(callers, WARM_UP_CALLERS_MAX),
    durationMs: WARM_UP_MS,
    prefix: `warm-up-${callers}`,
  })
  batched.length = 0
  const { held, elapsedMs } = await loop(strategy, hot, {
    callers,
    durationMs: MEASURED_MS,
    prefix: `${callers}`,
  })
  const batchMean = batchesOf(batched)?.mean
  // A hold that was counted but not made would be the fastest.
  const [left] = await strategy.availability([hot])
  const taken = UNITS_MAX - (left?.available ?? UNITS_MAX)
  if (taken !== warm.held + held) {
    throw new Error(`${entry.name} answered ${warm.held + held} times held, and ${taken} units are gone`)
  }
  return { strategy: entry.name, callers, holdsPerSecond: held / (elapsedMs / 1_000), batchMean }
}

/** Every caller requests the next hold as soon as the last one was answered. */
async function loop(
  strategy: ReservationStrategy,
  hot: ResourceId,
  of: { readonly callers: number; readonly durationMs: number; readonly prefix: string },
): Promise<{ readonly held: number; readonly elapsedMs: number }> {
  const { callers, durationMs, prefix } = of
  const lines = [{ resourceId: hot, quantity: 1 }]
  const once = async (caller: number, number: number) => {
    const id = holdId(`${prefix}-${caller}-${number}`)
    const outcome = await strategy.hold({ holdId: id, lines, ttlMs: TTL_MS })
    if (outcome.kind !== 'held') throw new Error(`a hold that could not fail was ${outcome.kind}`)
    return true
  }
  const { done, elapsedMs } = await inClosedLoop(once, callers, durationMs)
  return { held: done, elapsedMs }
}

function tableOf(cells: readonly Cell[]): string {
  const table = new Table({
    ...BORDERLESS,
    head: ['strategy', 'callers', 'holds/s', 'mean batch', 'times one by one'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
  })
  for (const { single } of PAIRS) {
    for (const strategy of [single, `${single}${BATCHED}`]) {
      for (const cell of cells.filter((each) => each.strategy === strategy)) {
        const oneByOne = cells.find((each) => each.strategy === single && each.callers === cell.callers)
        table.push([
          cell.callers === CALLERS[0] ? strategy : '',
          formatCount(cell.callers),
          formatFigure(cell.holdsPerSecond),
          cell.batchMean === undefined ? '–' : formatFigure(cell.batchMean),
          strategy === single || oneByOne === undefined
            ? '–'
            : `${formatFigure(cell.holdsPerSecond / oneByOne.holdsPerSecond)} ×`,
        ])
      }
    }
  }
  return table.toString()
}

await benchmark()
