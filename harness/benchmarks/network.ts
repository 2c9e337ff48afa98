/**
 * What does a round trip cost a strategy, and what does the proxy in between cost?
 *
 *     npm run bench:network               # about three minutes
 *     npm run bench:network -- --write    # writes the table of docs/network.md
 *
 * Each strategy holds units of one GA tier: one caller, whose median shows the round trips of a hold; and
 * many callers, whose holds per second show how many of those a technique makes everybody else wait for.
 * Connected directly, through a proxy without delay (the difference is what the proxy costs), and with more
 * and more latency; in turns, so that a machine that slows down slows all of them. Nothing is judged here:
 * that is what `holdfast compare --network-latency` is for.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy, ResourceId } from '../../strategies/strategy.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'
import { monotonicMs } from '../clock.ts'
import { commitOfCheckout, machineFacts } from '../compare/machine.ts'
import { describeEngines, type Engines, openEngines } from '../engines/open.ts'
import { engineKinds } from '../engines/registry.ts'
import { prepareGround } from '../ground/ground.ts'
import { formatFigure } from '../report/format.ts'

/** One for each number of round trips, and one of each engine. */
const STRATEGIES = [
  'redis-lua',
  'tigerbeetle-pending-transfer',
  'postgres-conditional-update',
  'postgres-select-for-update',
  'redis-setnx',
]
/** Milliseconds; undefined is without a proxy. */
const LATENCIES = [undefined, 0, 1, 5, 10] as const
const CALLERS = 16
const ROUNDS = 5
const WARMUP_HOLDS = 10
const PLAY_MS = 600
/** More than are asked for. */
const CAPACITY = 1_000_000
const TTL_MS = 600_000

const DOCUMENT = new URL('../../docs/network.md', import.meta.url)
/** Ports that mean nothing to a reader. */
const ADDRESSES = / at .*?,(?= relaxed| durable| durability)/
const SECTION = /(<!-- network -->)[\s\S]*(<!-- \/network -->)/

type Latency = (typeof LATENCIES)[number]

interface Measured {
  /** Of one caller, the median. */
  readonly holdMs: number
  /** Of many callers. */
  readonly holdsPerSecond: number
  /** Round trips through the proxy, the median; absent without one. */
  readonly roundTripMs?: number
  /** Processor time of the proxies per hold of many callers; absent without them. */
  readonly proxyUsPerHold?: number
}

async function measured(entry: StrategyEntry, engines: Engines, latencyMs: Latency): Promise<Measured> {
  const ground = await prepareGround(
    entry,
    engines,
    CALLERS,
    latencyMs === undefined ? undefined : { latencyMs },
  )
  try {
    const settings = { criticalSection: async () => undefined, random: Math.random }
    const strategy = await entry.open(ground.connections, settings)
    const tier = resourceId('tier')
    await strategy.createResources([{ id: tier, capacity: CAPACITY }])
    for (let time = 0; time < WARMUP_HOLDS; time += 1) await hold(strategy, tier)
    const alone = await played(strategy, tier, 1)
    const cpuBeforeMs = await ground.network?.cpuMs()
    const crowd = await played(strategy, tier, CALLERS)
    const cpuAfterMs = await ground.network?.cpuMs()
    const trips = await ground.network?.roundTrips()
    await strategy.close()
    const holdMs = middle(alone)
    const holdsPerSecond = (crowd.length * 1_000) / PLAY_MS
    if (trips === undefined || cpuBeforeMs === undefined || cpuAfterMs === undefined)
      return { holdMs, holdsPerSecond }
    const proxyUsPerHold = ((cpuAfterMs - cpuBeforeMs) * 1_000) / crowd.length
    return { holdMs, holdsPerSecond, roundTripMs: trips.medianMs, proxyUsPerHold }
  } finally {
    await ground.dispose()
  }
}

let holds = 0

/** Whether it was granted. */
async function hold(strategy: ReservationStrategy, tier: ResourceId): Promise<boolean> {
  holds += 1
  const request = {
    holdId: holdId(`bench-${process.pid}-${holds}`),
    lines: [{ resourceId: tier, quantity: 1 }],
    ttlMs: TTL_MS,
  }
  return (await strategy.hold(request)).kind === 'held'
}

/** How long each hold took that was granted in time, in milliseconds. */
async function played(
  strategy: ReservationStrategy,
  tier: ResourceId,
  callers: number,
): Promise<readonly number[]> {
  const tookMs: number[] = []
  const endMs = monotonicMs() + PLAY_MS
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (let askedMs = monotonicMs(); askedMs < endMs; askedMs = monotonicMs()) {
        const isHeld = await hold(strategy, tier)
        const nowMs = monotonicMs()
        if (isHeld && nowMs < endMs) tookMs.push(nowMs - askedMs)
      }
    }),
  )
  return tookMs
}

function middle(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** The median of the rounds, with the least and the most of them. */
function told(values: readonly number[]): string {
  if (values.length === 0) return '–'
  return `${formatFigure(middle(values))} (${formatFigure(Math.min(...values))} to ${formatFigure(Math.max(...values))})`
}

function tableOf(all: ReadonlyMap<string, readonly Measured[]>, entries: readonly StrategyEntry[]): string {
  const head = [
    'strategy',
    'latency',
    'one caller: ms/hold',
    `${CALLERS} callers: holds/s`,
    'measured ms',
    'proxy µs/hold',
  ]
  const rows = entries.flatMap(({ name }) =>
    LATENCIES.map((latency) => {
      const rounds = all.get(`${name} ${latency}`) ?? []
      return [
        name,
        latency === undefined ? 'direct' : `${latency} ms`,
        told(rounds.map(({ holdMs }) => holdMs)),
        told(rounds.map(({ holdsPerSecond }) => holdsPerSecond)),
        told(rounds.flatMap(({ roundTripMs }) => roundTripMs ?? [])),
        told(rounds.flatMap(({ proxyUsPerHold }) => proxyUsPerHold ?? [])),
      ]
    }),
  )
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const loadBefore = loadavg()[0] ?? 0
await using opened = await openEngines(
  engineKinds.map(({ name }) => name),
  { durability: 'relaxed', log: (line) => process.stderr.write(`${line}\n`) },
)
const entries = registry.filter(
  ({ name, engines }) => STRATEGIES.includes(name) && engines.every((each) => opened.engines[each]),
)
const all = new Map<string, Measured[]>()
for (let round = 0; round < ROUNDS; round += 1) {
  for (const entry of entries) {
    for (const latency of LATENCIES) {
      const key = `${entry.name} ${latency}`
      all.set(key, [...(all.get(key) ?? []), await measured(entry, opened.engines, latency)])
    }
  }
  process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`)
}
const machine = machineFacts()
const section = [
  ...describeEngines(opened.engines).map((line) => `${line.replace(ADDRESSES, ',')}\\`),
  `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${await commitOfCheckout()}\\`,
  `Load of the machine when it began and ended: ${formatFigure(loadBefore)} and ${formatFigure(loadavg()[0] ?? 0)}\\`,
  `Medians of ${ROUNDS} rounds of ${PLAY_MS} ms each (least to most)`,
  '',
  tableOf(all, entries),
].join('\n')
console.log(section)
if (process.argv.includes('--write')) {
  const text = await readFile(DOCUMENT, 'utf8')
  await writeFile(DOCUMENT, text.replace(SECTION, `$1\n${section}\n$2`))
}
