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
 * figures beside it belong to this machine and this minute. A third script stands between the two: it writes
 * what a hold of one line must write, and no more. What each costs the server and this process says what
 * limits it.
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
const ROUNDS = 7
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

/**
 * What a hold of one line promises, and nothing besides: an id that is used once, a deadline by the server's
 * clock, a record, a list by which holds fall due, an answer. It knows no replay, no expiry, no second line.
 */
const LEAST = `
  local time = redis.call('TIME')
  local count = redis.call('HMGET', KEYS[2], 'capacity', 'taken', 'version')
  local taken, version = count[2] + ARGV[3], count[3] + 1
  if taken > tonumber(count[1]) then return end
  local deadline = string.format('%.0f', time[1] * 1000000 + time[2] + ARGV[2] * 1000)
  if not redis.call('SET', KEYS[1], 'held ' .. deadline .. ' [' .. version .. '] ' .. ARGV[4], 'NX') then return end
  redis.call('ZADD', KEYS[3], deadline, ARGV[1])
  redis.call('HSET', KEYS[2], 'taken', taken, 'version', version)
  return {'held', deadline, version}`

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
  /** One for each round, by the name of the side. */
  readonly reached: Map<string, ScriptTurn[]>
}

/** What a side reached in one turn. */
interface ScriptTurn {
  readonly perSecond: number
  /** Processor time for each call, in microseconds. */
  readonly clientUs: number
  readonly serverUs: number
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
  const leastSha = String(await client.script('LOAD', LEAST))
  const payload = JSON.stringify([['row', 1]])
  const least: Side = {
    name: 'least hold',
    prepare: () => client.hset('{least}:row', { capacity: UNITS_MAX, taken: 0, version: 0 }),
    async take(number) {
      const id = `hold-${number}`
      const keys = [`{least}:${id}`, '{least}:row', '{least}:live']
      return (await client.evalsha(leastSha, 3, ...keys, id, TTL_MS, 1, payload)) !== null
    },
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
  if (info === null || info === undefined) return [smallest, least, held]
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
  return [smallest, least, held, field, hashFields]
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
    const serverBefore = await serverCpuUs(server)
    const clientBefore = process.cpuUsage()
    const { done, elapsedMs } = await inClosedLoop(once, callers, TURN_MS)
    const { user, system } = process.cpuUsage(clientBefore)
    reached.get(side.name)?.push({
      perSecond: (done / elapsedMs) * 1_000,
      clientUs: (user + system) / done,
      serverUs: ((await serverCpuUs(server)) - serverBefore) / done,
    })
  }
}

/** Since its start. */
async function serverCpuUs(server: Redis): Promise<number> {
  const told = await server.info('cpu')
  const [system, user] = [/^used_cpu_sys:([\d.]+)/m, /^used_cpu_user:([\d.]+)/m].map((line) =>
    Number(line.exec(told)?.[1]),
  )
  return ((system ?? Number.NaN) + (user ?? Number.NaN)) * 1e6
}

function isBelow(cell: ScriptCell): boolean {
  return scriptRatioOf(cell, 'redis-lua') < cell.floor
}

function scriptRatiosOf({ reached }: ScriptCell, name: string): readonly number[] {
  const [own, beside] = [name, 'smallest script'].map((each) =>
    (reached.get(each) ?? []).map(({ perSecond }) => perSecond),
  )
  return ratiosOf(own ?? [], beside ?? [])
}

/** What the side of this name reaches of the smallest script; NaN without it. */
export function scriptRatioOf(cell: ScriptCell, name: string): number {
  return medianOf(scriptRatiosOf(cell, name))
}

function tableOf(cells: readonly ScriptCell[]): string {
  const table = new Table({
    ...BORDERLESS,
    head: ['appendfsync', 'callers', 'sent', 'units/s', 'ratio', 'from', 'to', 'client µs', 'server µs'],
    colAligns: ['left', 'right', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
  })
  for (const cell of cells) {
    for (const [at, [name, turns]] of [...cell.reached].entries()) {
      const of = (figure: keyof ScriptTurn): string =>
        formatFigure(medianOf(turns.map((turn) => turn[figure])))
      table.push([
        at === 0 ? cell.durability : '',
        at === 0 ? cell.callers : '',
        name,
        of('perSecond'),
        ...formatRatios(scriptRatiosOf(cell, name)),
        of('clientUs'),
        of('serverUs'),
      ])
    }
  }
  return table.toString()
}

if (import.meta.main) await benchmark()
