/**
 * Measures when an abandoned seat is free again.
 *
 *     npm run bench:expiry
 *
 * Seats are held and abandoned. From just before each deadline another caller requests the seat repeatedly,
 * under new ids, until it gets it. The time is measured by the engine's clock, with two bounds: when the last
 * refused call began, and when the granted call ended, both relative to the deadline. The strategy's
 * declaration (`freesLateMs`) is printed next to them. With lazy expiry the first caller frees the seat;
 * Redis expires the key; TigerBeetle frees the amount with its next pulse, and until then a seat is neither
 * confirmed nor free: a transient undersell.
 */
import Table from 'cli-table3'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy, ResourceId } from '../../strategies/strategy.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'
import { monotonicMs } from '../clock.ts'
import { commitOfCheckout, machineFacts } from '../compare/machine.ts'
import { describeEngines, type Engines, openEngines } from '../engines/open.ts'
import { engineKinds } from '../engines/registry.ts'
import { prepareGround } from '../ground/ground.ts'
import type { EngineClock } from '../history/record.ts'
import { formatFigure } from '../report/format.ts'
import { BORDERLESS } from '../report/table.ts'

/**
 * Enough for a median and a maximum. Each is requested by one caller, so that none waits for a connection.
 */
const SEATS = 12
const POOL_SIZE = SEATS
/** The shortest TTL. */
const TTL_MS = 1_000
/** The first request comes this long before the deadline, to show that the seat was not free earlier. */
const EARLY_MS = 50
/** Between two requests; it limits the resolution. */
const POLL_MS = 2
/** After this a seat counts as lost. */
const LOST_AFTER_MS = 10_000
const ROUNDS = 3

/** One seat, after its deadline. */
interface Return {
  /** When the last refused call began: the seat was not free before. Never below 0. */
  readonly refusedMs: number
  /** When the granted call ended. */
  readonly hadByMs: number
}

interface Returns {
  readonly entry: StrategyEntry
  readonly seats: readonly Return[]
  readonly seatsLost: number
  readonly clockErrorMs: number
}

async function benchmark(): Promise<void> {
  const names = engineKinds.map(({ name }) => name)
  await using opened = await openEngines(names, { durability: 'durable', log: (line) => console.log(line) })
  const { os, cpu, cores, memoryGib, node } = machineFacts()
  const commit = (await commitOfCheckout()) ?? 'unknown'
  console.log(`machine      ${cpu}, ${cores} cores, ${memoryGib} GiB, ${os}, Node ${node}, commit ${commit}`)
  for (const line of describeEngines(opened.engines)) console.log(`engine       ${line}`)
  console.log(
    `settings     ${ROUNDS} rounds of ${SEATS} seats, held for ${TTL_MS} ms and abandoned; requested every ${POLL_MS} ms`,
  )
  for (const { name, why, remedy } of opened.missing) {
    console.log(`${name}: NOT PROVEN: ${why}. To fix it: ${remedy}`)
  }

  const all: Returns[] = []
  for (const entry of registry) {
    if (entry.engines.every((name) => opened.engines[name] !== undefined)) {
      all.push(await returnsOf(entry, opened.engines))
    }
  }
  console.log(`\n${tableOf(all)}\n`)
  console.log(
    'ms after the deadline. refused: when the last refused call began; had: when the granted call ended.',
  )
  const broken = all.filter(
    ({ entry, seats, seatsLost, clockErrorMs }) =>
      seatsLost > 0 || seats.some(({ refusedMs }) => refusedMs > entry.promises.freesLateMs + clockErrorMs),
  )
  for (const { entry } of broken)
    console.log(`${entry.name} broke its promise: seats were freed late, or never`)
  if (broken.length > 0) process.exitCode = 1
}

async function returnsOf(entry: StrategyEntry, engines: Engines): Promise<Returns> {
  const ground = await prepareGround(entry, engines, POOL_SIZE)
  try {
    const strategy = await entry.open(ground.connections, {
      criticalSection: async () => {},
      random: Math.random,
    })
    try {
      const seats: (Return | undefined)[] = []
      let clockErrorMs = 0
      for (let round = 0; round < ROUNDS; round++) {
        const ids = Array.from({ length: SEATS }, (_, at) => resourceId(`seat-${round}-${at}`))
        await strategy.createResources(ids.map((id) => ({ id, capacity: 1 })))
        const clock = await ground.readClock()
        clockErrorMs = Math.max(clockErrorMs, clock.errorMs)
        seats.push(...(await Promise.all(ids.map((id) => seatReturn(strategy.hold, id, clock)))))
      }
      const back = seats.filter((seat) => seat !== undefined)
      return { entry, seats: back, seatsLost: seats.length - back.length, clockErrorMs }
    } finally {
      await strategy.close()
    }
  } finally {
    await ground.dispose()
  }
}

/** How one seat was freed; undefined if it never was. */
async function seatReturn(
  hold: ReservationStrategy['hold'],
  seat: ResourceId,
  clock: EngineClock,
): Promise<Return | undefined> {
  const lines = [{ resourceId: seat, quantity: 1 }]
  const abandoned = await hold({ holdId: holdId(`${seat}-abandoned`), lines, ttlMs: TTL_MS })
  if (abandoned.kind !== 'held') throw new Error(`a seat that was free was ${abandoned.kind}`)
  const deadlineMs = abandoned.deadlineMs - clock.offsetMs
  await untilMs(deadlineMs - EARLY_MS)
  let refusedMs = 0
  for (let number = 1; monotonicMs() < deadlineMs + LOST_AFTER_MS; number++) {
    const askedMs = monotonicMs()
    const { kind } = await hold({ holdId: holdId(`${seat}-${number}`), lines, ttlMs: TTL_MS })
    if (kind === 'held') return { refusedMs, hadByMs: monotonicMs() - deadlineMs }
    // Contended says nothing about the seat.
    if (kind === 'sold-out') refusedMs = Math.max(refusedMs, askedMs - deadlineMs)
    await untilMs(askedMs + POLL_MS)
  }
  return undefined
}

async function untilMs(momentMs: number): Promise<void> {
  const leftMs = momentMs - monotonicMs()
  if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs))
}

function tableOf(all: readonly Returns[]): string {
  const table = new Table({
    ...BORDERLESS,
    head: [
      'strategy',
      'expiry',
      'clock',
      'refused, median',
      'most',
      'had, median',
      'most',
      'promised',
      'lost',
      'clock ±',
    ],
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
  })
  for (const { entry, seats, seatsLost, clockErrorMs } of all) {
    const { expiry, clock, freesLateMs } = entry.promises
    const refused = seats.map(({ refusedMs }) => refusedMs)
    const had = seats.map(({ hadByMs }) => hadByMs)
    table.push([
      entry.name,
      expiry,
      clock,
      ...[refused, had].flatMap((values) => [
        formatFigure(median(values)),
        formatFigure(Math.max(...values)),
      ]),
      freesLateMs,
      seatsLost,
      formatFigure(clockErrorMs),
    ])
  }
  return table.toString()
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN
}

await benchmark()
