/**
 * Measures the gain from batching, and how close a strategy comes to its engine's own speed.
 *
 *     npm run bench:batching
 *
 * Holds on one contended resource that never sells out, in a closed loop, durable, by an increasing number of
 * callers. The same run measures each engine without a strategy: TigerBeetle by its own benchmark, PostgreSQL
 * by writing the same rows inside the server. The ratios are the result; the absolute figures depend on the
 * machine and its current load.
 */
import { join } from 'node:path'
import Table from 'cli-table3'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { EngineName, ReservationStrategy, ResourceId } from '../../strategies/strategy.ts'
import { holdId, resourceId, UNITS_MAX } from '../../strategies/validation.ts'
import { monotonicMs } from '../clock.ts'
import { reasonOf } from '../engines/engine-error.ts'
import { runToEnd } from '../engines/local/bounded-child.ts'
import { openCacheHome } from '../engines/local/cache-home.ts'
import { createRunFolder } from '../engines/local/run-folder.ts'
import { describeEngines, type Engines, openEngines } from '../engines/open.ts'
import type { PostgresNamespace } from '../engines/postgres/namespace.ts'
import { clientVersion } from '../engines/tigerbeetle/client.ts'
import type { TigerbeetleEngine } from '../engines/tigerbeetle/open.ts'
import { locateTigerbeetleProgram } from '../engines/tigerbeetle/program.ts'
import { prepareGround } from '../ground/ground.ts'
import { batchesOf } from '../performance/figures.ts'
import { formatCount, formatFigure } from '../report/format.ts'
import { BORDERLESS } from '../report/table.ts'
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

/** The engine alone is measured with batches as large as the strategy's may be. */
const SERVER_BATCH = 1_000
const SERVER_MS = 1_500
/** Full batches, for half a second or more. */
const OWN_TRANSFERS = 400_000
const OWN_ACCOUNTS = 1_000
/** Most of the time is spent creating a data file of a gigabyte. */
const OWN_DEADLINE_MS = 30_000

interface Cell {
  readonly strategy: string
  readonly callers: number
  readonly holdsPerSecond: number
  /** Undefined if the strategy does not batch. */
  readonly batchMean: number | undefined
}

/** The speed of an engine alone, or why it is not known. */
type Bound =
  | { readonly kind: 'measured'; readonly how: string; readonly perSecond: number }
  | { readonly kind: 'not measured'; readonly why: string }

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

  const bounds = new Map<EngineName, Bound>()
  if (engines.postgres) bounds.set('postgres', await bounded(() => insidePostgres(engines)))
  const { tigerbeetle } = engines
  if (tigerbeetle)
    bounds.set('tigerbeetle', await bounded(() => ownBenchmark(tigerbeetle as TigerbeetleEngine)))
  const cells = await measuredCells(engines)

  console.log(`\n${tableOf(cells, bounds)}\n`)
  for (const [engine, bound] of bounds) {
    if (bound.kind === 'measured') {
      console.log(`${engine} by itself: ${formatFigure(bound.perSecond)} holds/s (${bound.how})`)
    } else {
      console.log(`${engine} by itself: not measured: ${bound.why}`)
    }
  }
  console.log(`took ${((monotonicMs() - started) / 1_000).toFixed(0)} s`)
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

async function bounded(measure: () => Promise<Bound>): Promise<Bound> {
  try {
    return await measure()
  } catch (error) {
    return { kind: 'not measured', why: reasonOf(error) }
  }
}

/** The rows of a hold, written by the server itself: no round trips, no parameters, no answers. */
async function insidePostgres(engines: Engines): Promise<Bound> {
  const { postgres } = engines
  const entry = registry.find(({ name }) => name === PAIRS[0].single)
  if (postgres === undefined || entry === undefined) {
    return { kind: 'not measured', why: 'PostgreSQL is not available' }
  }
  const ground = await prepareGround(entry, engines, 1)
  try {
    const { pool } = ground.namespaces.get('postgres') as PostgresNamespace
    const strategy = await entry.open(ground.connections, {
      criticalSection: async () => {},
      random: Math.random,
    })
    await strategy.createResources([{ id: resourceId('general-admission'), capacity: UNITS_MAX }])
    await strategy.close()
    const started = monotonicMs()
    await pool.query(`
      do $$
      declare
        started constant timestamptz := clock_timestamp();
        batch integer := 0;
      begin
        while clock_timestamp() < started + ${SERVER_MS} * interval '1 millisecond' loop
          batch := batch + 1;
          update resource set taken = taken + ${SERVER_BATCH}, version = version + ${SERVER_BATCH};
          insert into hold (id, deadline)
          select 'm-' || batch || '-' || n, clock_timestamp() + ${TTL_MS} * interval '1 millisecond'
          from generate_series(1, ${SERVER_BATCH}) n;
          insert into hold_line (hold_id, line, resource_id, quantity, version, deadline)
          select 'm-' || batch || '-' || n, 1, 'general-admission', 1, n,
            clock_timestamp() + ${TTL_MS} * interval '1 millisecond'
          from generate_series(1, ${SERVER_BATCH}) n;
          commit;
        end loop;
      end $$`)
    const seconds = (monotonicMs() - started) / 1_000
    const { rows } = await pool.query<{ count: number }>('select count(*)::integer as count from hold')
    return {
      kind: 'measured',
      how: `the same rows written inside the server, ${SERVER_BATCH} holds a commit, one session`,
      perSecond: (rows[0]?.count ?? 0) / seconds,
    }
  } finally {
    await ground.dispose()
  }
}

/**
 * TigerBeetle's load generator, which starts and ends its own replica, in a folder next to those of our
 * replicas.
 */
async function ownBenchmark(engine: TigerbeetleEngine): Promise<Bound> {
  if (engine.source === 'TIGERBEETLE_ADDRESSES') {
    return {
      kind: 'not measured',
      why: 'the cluster at TIGERBEETLE_ADDRESSES is not a new one on this machine',
    }
  }
  const { env } = process
  const home = openCacheHome('tigerbeetle', env)
  const { path } = await locateTigerbeetleProgram({
    clientVersion: clientVersion(),
    home,
    env,
    log: () => undefined,
    signal: undefined,
  })
  const folder = await createRunFolder(home, 'tigerbeetle')
  try {
    const sizes = ['cache-grid', 'cache-accounts'].flatMap((name) => {
      const value = engine.durability.settings[name]
      return value === undefined ? [] : [`--${name}=${value}`]
    })
    const { printed, exitCode } = await runToEnd(
      path,
      [
        'benchmark',
        `--transfer-count=${OWN_TRANSFERS}`,
        `--account-count=${OWN_ACCOUNTS}`,
        '--transfer-pending',
        '--query-count=0',
        ...sizes,
        `--file=${join(folder.path, 'benchmark.tigerbeetle')}`,
      ],
      { deadlineMs: OWN_DEADLINE_MS, account: undefined, cwd: folder.path },
    )
    const accepted = /^load accepted = (\d+) tx\/s$/m.exec(printed)?.[1]
    if (exitCode !== 0 || accepted === undefined) {
      const said = printed.trim().split('\n').at(-1) ?? ''
      return { kind: 'not measured', why: `tigerbeetle benchmark reported no rate (${said.slice(0, 200)})` }
    }
    const batch = /^transfer batch size = (\d+)/m.exec(printed)?.[1] ?? 'full'
    return {
      kind: 'measured',
      how: `tigerbeetle benchmark: ${OWN_TRANSFERS} pending transfers between ${OWN_ACCOUNTS} accounts, ${batch} a request`,
      perSecond: Number(accepted),
    }
  } finally {
    await folder.remove()
  }
}

function tableOf(cells: readonly Cell[], bounds: ReadonlyMap<EngineName, Bound>): string {
  const table = new Table({
    ...BORDERLESS,
    head: ['strategy', 'callers', 'holds/s', 'mean batch', 'times one by one', 'of the engine'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
  })
  for (const { engine, single } of PAIRS) {
    const bound = bounds.get(engine)
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
          bound?.kind === 'measured'
            ? `${formatFigure((cell.holdsPerSecond / bound.perSecond) * 100)} %`
            : '–',
        ])
      }
    }
  }
  return table.toString()
}

await benchmark()
