/**
 * How far redis-lua stays from the smallest script that takes a unit, and from the one command that could.
 *
 *     npm run bench:redis
 *
 * The smallest script looks at one counter and takes from it: no id, no deadline, no record. Where the server
 * has it, HSETEX with FNX stands beside them: one command that sets a field with a time to live if nobody has
 * it, which neither remembers an id nor tells a deadline. All are sent through one client, by 1, 32 and 256
 * callers, without a disk and with every answer on disk. They take turns on an empty server, a fifth of a
 * second each, and the ratio of what they reach in one round is the result: the median of all rounds. The
 * figures beside it belong to this machine and this minute.
 *
 * Ends with 1 and one sentence if a ratio is below its floor after twice as many rounds. Takes about two
 * minutes, and ends after five.
 */
import Table from 'cli-table3'
import type { Redis } from 'ioredis'
import { registry } from '../../../strategies/registry.ts'
import type { ReservationStrategy, ResourceId } from '../../../strategies/strategy.ts'
import { holdId, resourceId, UNITS_MAX } from '../../../strategies/validation.ts'
import { monotonicMs } from '../../clock.ts'
import type { RedisNamespace } from '../../engines/redis/namespace.ts'
import { openRedis } from '../../engines/redis/open.ts'
import type { RedisDurability } from '../../engines/redis/settings.ts'
import { formatFigure } from '../../report/format.ts'
import { BORDERLESS } from '../../report/table.ts'
import {
  formatRatio,
  formatRatios,
  inClosedLoop,
  inRounds,
  machineLine,
  medianOf,
  ratiosOf,
} from '../in-turn.ts'

/**
 * What a ratio has to reach. It falls as callers are added: one caller waits for the way there and back,
 * which is the same for all, and many wait for the script. Low, because two cores are shared with the server
 * and everybody else.
 */
const LOADS = [
  { callers: 1, floor: 0.3 },
  { callers: 32, floor: 0.25 },
  { callers: 256, floor: 0.2 },
] as const
const DURABILITIES: readonly RedisDurability[] = ['none', 'always']
const ROUNDS = 9
const TURN_MS = 200
/** Where each unit is a field: so many that a unit picked at random is nearly always free. */
const FIELD_ROWS = 200
const FIELD_ROW_UNITS = 10_000
/** At least one for each of those rows, whose capacities are then known. */
const WARM_UP_CALLS = 200
const DEADLINE_MS = 5 * 60_000
/** Longer than the run: nothing falls due meanwhile. */
const TTL_MS = 10 * 60_000

const SMALLEST = `
  if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1]) then return 0 end
  redis.call('DECRBY', KEYS[1], ARGV[1])
  return 1`

/** One way to take a unit: what it needs on an empty server, and one call, which takes one. */
interface Side {
  readonly name: string
  prepare(): Promise<unknown>
  take(number: number): Promise<boolean>
}

interface ScriptLoad {
  readonly callers: number
  readonly floor: number
}

export interface ScriptCell extends ScriptLoad {
  readonly durability: RedisDurability
  /** Units taken per second, one for each round, by the name of the side. */
  readonly reached: Map<string, number[]>
}

async function benchmark(): Promise<void> {
  const started = monotonicMs()
  console.log(await machineLine())
  console.log(
    `settings     one line of 1 unit, one connection, one process, median of ${ROUNDS} rounds of ${TURN_MS} ms for each side`,
  )
  const cells: ScriptCell[] = []
  for (const durability of DURABILITIES) {
    cells.push(...(await cellsOf(durability, { loads: LOADS, endMs: started + DEADLINE_MS })))
  }
  console.log(`\n${tableOf(cells)}\n`)
  console.log(`took ${((monotonicMs() - started) / 1_000).toFixed(0)} s`)
  const below = cells.filter(isBelow)
  if (below.length === 0) return
  const told = below.map(
    (cell) =>
      `${cell.callers} callers, appendfsync ${cell.durability}: ${formatRatio(scriptRatioOf(cell, 'redis-lua'))}`,
  )
  console.error(`redis-lua is below its floor beside the smallest script: ${told.join('; ')}.`)
  process.exitCode = 1
}

/** Of a run that ends before `endMs`. */
export async function cellsOf(
  durability: RedisDurability,
  {
    loads,
    endMs,
    log = console.log,
  }: { readonly loads: readonly ScriptLoad[]; readonly endMs: number; readonly log?: (line: string) => void },
): Promise<readonly ScriptCell[]> {
  await using engine = await openRedis({ nodes: 1, durability, log })
  log(`engine       ${engine.describe()}`)
  await using space = await engine.openNamespace({ label: 'limits' })
  const sides = await sidesOn(space)
  const cells = loads.map(
    (load): ScriptCell => ({ ...load, durability, reached: new Map(sides.map(({ name }) => [name, []])) }),
  )
  await inRounds(cells, { rounds: ROUNDS, endMs, isBelow }, (cell, round) =>
    measure(cell, { sides, round, server: space.observer[0] }),
  )
  return cells
}

async function sidesOn({ clients, observer }: RedisNamespace): Promise<readonly Side[]> {
  const [client] = clients
  const sha = String(await client.script('LOAD', SMALLEST))
  const smallest: Side = {
    name: 'smallest script',
    prepare: () => client.set('units', UNITS_MAX),
    take: async () => (await client.evalsha(sha, 1, 'units', 1)) === 1,
  }
  const lua = await strategyNamed('redis-lua', client)
  const lines = [{ resourceId: resourceId('row'), quantity: 1 }]
  const held: Side = {
    name: 'redis-lua',
    prepare: () => lua.createResources([{ id: resourceId('row'), capacity: UNITS_MAX }]),
    async take(number) {
      const { kind } = await lua.hold({ holdId: holdId(`hold-${number}`), lines, ttlMs: TTL_MS })
      return kind === 'held'
    },
  }
  const [info] = (await observer[0].call('COMMAND', 'INFO', 'HSETEX')) as readonly unknown[]
  if (info === null || info === undefined) return [smallest, held]
  const field: Side = {
    name: 'HSETEX alone',
    prepare: async () => {},
    async take(number) {
      const pair = [`seat-${number}`, `hold-${number}`]
      return (await client.hsetex('seats', 'FNX', 'PX', TTL_MS, 'FIELDS', 1, ...pair)) === 1
    },
  }
  const fields = await strategyNamed('redis-hash-fields', client)
  const rows = Array.from({ length: FIELD_ROWS }, (_, row) => resourceId(`row-${row}`))
  const hashFields: Side = {
    name: 'redis-hash-fields',
    prepare: () => fields.createResources(rows.map((id) => ({ id, capacity: FIELD_ROW_UNITS }))),
    async take(number) {
      const row = [{ resourceId: rows[number % FIELD_ROWS] as ResourceId, quantity: 1 }]
      const { kind } = await fields.hold({ holdId: holdId(`hold-${number}`), lines: row, ttlMs: TTL_MS })
      return kind === 'held'
    },
  }
  return [smallest, held, field, hashFields]
}

function strategyNamed(wanted: string, client: Redis): Promise<ReservationStrategy> {
  const entry = registry.find(({ name }) => name === wanted)
  if (entry === undefined) throw new Error(`there is no strategy ${wanted}`)
  return entry.open({ redis: [client] }, { criticalSection: async () => {}, random: Math.random })
}

/** Which side comes first changes from round to round, so that none always follows the same. */
async function measure(
  { callers, reached }: ScriptCell,
  {
    sides,
    round,
    server,
  }: { readonly sides: readonly Side[]; readonly round: number; readonly server: Redis },
): Promise<void> {
  const first = round % sides.length
  for (const side of [...sides.slice(first), ...sides.slice(0, first)]) {
    // The server is this run's own: what the others left would make its memory slower.
    await server.flushall('SYNC')
    await side.prepare()
    let number = 0
    const take = async () => {
      if (!(await side.take(number++))) throw new Error(`${side.name} was refused, though there are units`)
    }
    while (number < WARM_UP_CALLS) await take()
    const once = async () => {
      await take()
      return true
    }
    const { done, elapsedMs } = await inClosedLoop(once, callers, TURN_MS)
    reached.get(side.name)?.push((done / elapsedMs) * 1_000)
  }
}

function isBelow(cell: ScriptCell): boolean {
  return scriptRatioOf(cell, 'redis-lua') < cell.floor
}

function scriptRatiosOf({ reached }: ScriptCell, name: string): readonly number[] {
  return ratiosOf(reached.get(name) ?? [], reached.get('smallest script') ?? [])
}

/** What the side of this name reaches of the smallest script; NaN without it. */
export function scriptRatioOf(cell: ScriptCell, name: string): number {
  return medianOf(scriptRatiosOf(cell, name))
}

function tableOf(cells: readonly ScriptCell[]): string {
  const table = new Table({
    ...BORDERLESS,
    head: ['appendfsync', 'callers', 'sent', 'units/s', 'ratio', 'from', 'to'],
    colAligns: ['left', 'right', 'left', 'right', 'right', 'right', 'right'],
  })
  for (const cell of cells) {
    for (const [at, [name, figures]] of [...cell.reached].entries()) {
      table.push([
        at === 0 ? cell.durability : '',
        at === 0 ? cell.callers : '',
        name,
        formatFigure(medianOf(figures)),
        ...formatRatios(scriptRatiosOf(cell, name)),
      ])
    }
  }
  return table.toString()
}

if (import.meta.main) await benchmark()
