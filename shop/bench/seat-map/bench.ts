/**
 * The seat map of a stadium in the storm: thousands look at 80,000 seats while others buy, and each way to
 * tell them is measured by what it does to the buyers, and by the bytes of a viewer.
 *
 *     npm run bench:seat-map                                  # every way, 5,000 viewers, 100 buyers a second
 *     npm run bench:seat-map -- --ways scan,deltas --viewers 500 --seconds 5 --strategy redis-lua
 *
 * `scan` reads all seats from the store for each look. `json` answers from a copy of at most a second, one
 * character a seat. `bitmap` answers two bits a seat. `deltas` sends the bitmap once, and then what changes,
 * as server-sent events. Viewers look again every ten seconds, each at a time of their own. Server, viewers,
 * buyers and store share this machine.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import Fastify, { type FastifyInstance } from 'fastify'
import { machineFacts } from '../../../harness/compare/machine.ts'
import { describeEngines, type Engines, openEngines } from '../../../harness/engines/open.ts'
import { reasonOf } from '../../../harness/errors.ts'
import { prepareGround } from '../../../harness/ground/ground.ts'
import { tellProblem } from '../../../harness/service/problems.ts'
import { SeatMaps } from '../../../harness/service/seat-map.ts'
import { resourceOf, resourcesOf, venueFor } from '../../../harness/service/venue.ts'
import { cpuSince, serversCpuMs } from '../../../harness/trial/servers-cpu.ts'
import { registry, type StrategyEntry } from '../../../strategies/registry.ts'
import type { ReservationStrategy } from '../../../strategies/strategy.ts'
import { holdId } from '../../../strategies/validation.ts'
import { ShopCatalogue } from '../../catalogue.ts'
import { liveRoutes } from '../../web/routes/live.ts'
import { SeatBoard } from '../../web/seat-board.ts'
import { type CrowdJob, type CrowdTold, WAYS, type Way } from './messages.ts'

const POOL_SIZE = 16
const TTL_MS = 600_000
const MAP_AGE_MS = 1_000
const EVERY_SECONDS = 10
const BACKLOG = 4_096
const LIMITS = { viewers: 9_000, seconds: 300, buyers: 5_000 } as const
/** For opening connections, and for answers in flight at the end. */
const BESIDE_MS_MAX = 120_000

const { values } = parseArgs({
  options: {
    ways: { type: 'string', default: WAYS.join(',') },
    viewers: { type: 'string', default: '5000' },
    buyers: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '20' },
    strategy: { type: 'string', default: 'postgres-conditional-update' },
  },
})

interface Sizes {
  readonly viewers: number
  readonly buyers: number
  readonly seconds: number
}

await bench()

async function bench(): Promise<void> {
  const sizes = {
    viewers: whole('viewers', values.viewers, LIMITS.viewers),
    buyers: whole('buyers', values.buyers, LIMITS.buyers),
    seconds: whole('seconds', values.seconds, LIMITS.seconds),
  }
  const entry = registry.find(({ name }) => name === values.strategy)
  if (entry === undefined) throw new RangeError(`no strategy is called ${values.strategy}`)
  const ways = values.ways.split(',').map((text) => {
    const way = WAYS.find((each) => each === text)
    if (way === undefined) throw new RangeError(`--ways are ${WAYS.join(', ')}, not ${text}`)
    return way
  })
  const { cpu, cores, memoryGib, os, node } = machineFacts()
  print(`machine    ${cpu}, ${cores} cores, ${memoryGib} GiB, ${os}, Node ${node}`)
  print(`load       ${loadavg()[0]?.toFixed(1)} before the first of these`)
  const servers = Object.fromEntries(entry.engines.map((name) => [name, entry.serversMin?.[name] ?? 1]))
  await using opened = await openEngines(entry.engines, { durability: 'durable', servers, log: print })
  for (const { name, why, remedy } of opened.missing)
    print(`${name}: NOT PROVEN: ${why}. To fix it: ${remedy}`)
  if (opened.missing.length > 0) return
  for (const line of describeEngines(opened.engines)) print(`engine     ${line}`)
  print(`sale       ${entry.name}, ${sizes.buyers} buyers a second, ${sizes.viewers} viewers`)
  for (const way of [undefined, ...ways]) await measured(way, entry, opened.engines, sizes)
}

/** Undefined: nobody looks. */
async function measured(
  way: Way | undefined,
  entry: StrategyEntry,
  engines: Engines,
  sizes: Sizes,
): Promise<void> {
  await using undo = new AsyncDisposableStack()
  const ground = undo.adopt(await prepareGround(entry, engines, POOL_SIZE, undefined), (each) =>
    each.dispose(),
  )
  const strategy = undo.adopt(
    await entry.open(ground.connections, {
      criticalSection: async () => undefined,
      onBatch: () => undefined,
      random: Math.random,
    }),
    (each) => each.close(),
  )
  const venue = await venueFor('stadium')
  await strategy.createResources(venue.events.flatMap(resourcesOf))
  const catalogue = new ShopCatalogue(venue)
  const [event] = catalogue.events
  const [raw] = venue.events
  if (event === undefined || raw === undefined) throw new Error('the stadium has no event')
  const board = undo.use(new SeatBoard(event, strategy, (error) => print(`seats: ${reasonOf(error)}`)))
  const app = Fastify({ forceCloseConnections: true })
  app.setErrorHandler(tellProblem)
  undo.defer(() => app.close())
  buyRoute(app, strategy, event.id, event.seats)
  const reads = (ids: Parameters<typeof strategy.availability>[0]) => strategy.availability(ids)
  const [fresh, cached] = [new SeatMaps(reads, 0), new SeatMaps(reads, MAP_AGE_MS)]
  const json = (maps: SeatMaps) => async () => Buffer.from((await maps.of(raw)).json)
  app.get('/scan', json(fresh))
  app.get('/json', json(cached))
  app.get('/bitmap', () => board.bitmap())
  liveRoutes(app, {
    boards: new Map([[event.id, board]]),
    parts: { warn: (error) => print(reasonOf(error)) },
  })
  await app.listen({ host: '127.0.0.1', port: 0, backlog: BACKLOG })
  const { port } = app.server.address() as { port: number }
  await crowds(way, port, { ...sizes, seats: event.seats.length })
}

/** Hold and payment of one seat: what buyers do while others look. */
function buyRoute(
  app: FastifyInstance,
  strategy: ReservationStrategy,
  eventId: string,
  seats: readonly string[],
): void {
  let count = 0
  app.post<{ Params: { seat: string } }>('/buy/:seat', async ({ params }, reply) => {
    const seat = seats[Number(params.seat)]
    if (seat === undefined) return reply.code(404).send()
    const id = holdId(`buyer-${count++}`)
    const lines = [{ resourceId: resourceOf(eventId, seat), quantity: 1 }]
    const held = await strategy.hold({ holdId: id, lines, ttlMs: TTL_MS })
    if (held.kind !== 'held') return reply.code(409).send({ told: held.kind })
    return { told: (await strategy.confirm(id)).kind }
  })
}

async function crowds(
  way: Way | undefined,
  port: number,
  { viewers, buyers, seconds, seats }: Sizes & { readonly seats: number },
): Promise<void> {
  const own = process.cpuUsage()
  const servers = serversCpuMs()
  const looking =
    way === undefined
      ? undefined
      : played({
          kind: 'viewers',
          port,
          from: '127.0.0.2',
          viewers,
          way,
          seconds,
          everySeconds: EVERY_SECONDS,
        })
  const buying = played({ kind: 'buyers', port, from: '127.0.0.3', perSecond: buyers, seconds, seats })
  const [looked, bought] = await Promise.all([looking, buying])
  const { user, system } = process.cpuUsage(own)
  const engines = cpuSince(servers) ?? Number.NaN
  const share = (ms: number): string => `${((100 * ms) / (seconds * 1_000)).toFixed(0)} %`
  print(
    `${(way ?? 'nobody').padEnd(10)} buyers: p50 ${ms(bought.p50)}, p95 ${ms(bought.p95)}, ${bought.answered} of ${bought.asked} answered`,
  )
  if (looked !== undefined)
    print(
      `           viewers: ${looked.answered} of ${looked.asked} looks answered, p50 ${ms(looked.p50)}, p95 ${ms(looked.p95)}; ${(looked.bytes / viewers / seconds).toFixed(0)} bytes a second each`,
    )
  print(`           processor: server ${share((user + system) / 1_000)}, engines ${share(engines)} of a core`)
}

async function played(job: CrowdJob): Promise<CrowdTold> {
  const child = fork(new URL('./crowd-process.ts', import.meta.url), { serialization: 'advanced' })
  const late = setTimeout(() => child.kill('SIGKILL'), job.seconds * 1_000 + BESIDE_MS_MAX)
  try {
    const ended = once(child, 'exit')
    const told = new Promise<CrowdTold>((resolve, reject) => {
      child.once('message', (message: CrowdTold) => resolve(message))
      child.once('error', reject)
      // Not its exit, which a busy process may see before its last message.
      child.once('disconnect', () => reject(new Error('a crowd ended and told nothing')))
    })
    child.send(job, () => undefined)
    const answer = await told
    await ended
    return answer
  } finally {
    clearTimeout(late)
  }
}

function ms(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(1)} ms` : 'not answered'
}

function whole(name: string, text: string, max: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= max) return value
  throw new RangeError(`--${name} is a whole number from 1 to ${max}, not ${text}`)
}

function print(line: string): void {
  console.log(line)
}
